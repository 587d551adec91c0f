"""Every port in memory: the reference for other adapters, and a test double for other projects.

Entities are frozen, so what is handed out can be shared; the dictionaries that
hold them are copied for each unit of work and swapped in when it commits.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from threading import Lock

from attrs import Factory, define, frozen

from iotconfig.domain.config import Config, Device, Document
from iotconfig.domain.content import ConfigContent
from iotconfig.domain.errors import RecordExists
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.search import ConfigPage, ConfigQuery, fold, search_text


@define
class _State:
    """What is stored: the committed state, or one transaction's copy of it."""

    configs: dict[int, Config] = Factory(dict)
    ids: dict[MacAddress, int] = Factory(dict)
    revisions: dict[MacAddress, int] = Factory(dict)
    last_id: int = 0

    def copy(self) -> _State:
        return _State(dict(self.configs), dict(self.ids), dict(self.revisions), self.last_id)


@frozen
class MemoryConfigRepository:
    """`ConfigRepository` over one state."""

    _state: _State

    def get(self, config_id: int) -> Config | None:
        return self._state.configs.get(config_id)

    def get_by_mac(self, mac_address: MacAddress) -> Config | None:
        return self._state.configs.get(self._state.ids.get(mac_address, 0))

    def document(self, mac_address: MacAddress) -> Document | None:
        config = self.get_by_mac(mac_address)
        return None if config is None else Document(bytes(config.content), config.content.etag)

    def find(self, query: ConfigQuery) -> ConfigPage:
        matches = sorted(
            (config for config in self._state.configs.values() if _matches(config, query)),
            key=lambda config: config.mac_address,
        )
        rest = (c.summary() for c in matches if query.after is None or c.mac_address > query.after)
        page = tuple(islice(rest, query.limit))
        return ConfigPage(
            configs=page,
            count=len(matches) if query.count else None,
            next=page[-1].mac_address if next(rest, None) is not None else None,
        )

    def add(self, mac_address: MacAddress, content: ConfigContent, revision: int, now: datetime) -> Config:
        if mac_address in self._state.ids:
            raise RecordExists(mac_address)
        self._state.last_id += 1
        config = Config(self._state.last_id, mac_address, content, revision, created_at=now, updated_at=now)
        self._state.ids[mac_address] = config.id
        self._state.configs[config.id] = config
        return config

    def replace(self, config: Config) -> None:
        self._state.configs[config.id] = config

    def remove(self, config: Config) -> None:
        del self._state.configs[config.id]
        del self._state.ids[config.mac_address]


def _matches(config: Config, query: ConfigQuery) -> bool:
    content = config.content
    if query.enable_ota is not None and content.enable_ota is not query.enable_ota:
        return False
    haystack = search_text(config.mac_address, content.device_name, content.device_entity_id)
    return query.text is None or fold(query.text) in haystack


@frozen
class MemoryDeviceRepository:
    """`DeviceRepository` over one state; the store's lock holds every device at once."""

    _state: _State

    def lock(self, mac_address: MacAddress) -> Device:
        return Device(mac_address, self._state.revisions.setdefault(mac_address, 0))

    def lock_owner(self, config_id: int) -> Device | None:
        config = self._state.configs.get(config_id)
        return None if config is None else self.lock(config.mac_address)

    def advance(self, device: Device, revision: int) -> None:
        self._state.revisions[device.mac_address] = revision


@frozen
class MemoryUnitOfWork:
    """`UnitOfWork` over one transaction's copy of the state."""

    configs: MemoryConfigRepository
    devices: MemoryDeviceRepository


class MemoryStore:
    """`Store` in memory. One writer at a time; readers see the last commit."""

    def __init__(self) -> None:
        self._committed = _State()
        self._writer = Lock()

    @contextmanager
    def reading(self) -> Iterator[MemoryConfigRepository]:
        yield MemoryConfigRepository(self._committed)

    @contextmanager
    def writing(self) -> Iterator[MemoryUnitOfWork]:
        with self._writer:
            state = self._committed.copy()
            yield MemoryUnitOfWork(MemoryConfigRepository(state), MemoryDeviceRepository(state))
            self._committed = state

    def check(self) -> None:
        return
