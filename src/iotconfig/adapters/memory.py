"""Every port in memory: the reference for other adapters, and a test double for other projects.

Entities are frozen, so what is handed out can be shared; the dictionaries that
hold them are copied for each unit of work and swapped in when it commits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from threading import Lock

from attrs import Factory, define, evolve, field, frozen

from iotconfig.domain.config import Config, Device, Document
from iotconfig.domain.content import ConfigContent
from iotconfig.domain.errors import RecordExists
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.notifications import (
    AT_ONCE,
    Announcement,
    Backlog,
    Notification,
    Subject,
    next_generation,
)
from iotconfig.domain.search import ConfigPage, ConfigQuery, fold, search_text


@define
class _State:
    """What is stored: the committed state, or one transaction's copy of it."""

    configs: dict[int, Config] = Factory(dict)
    ids: dict[MacAddress, int] = Factory(dict)
    revisions: dict[MacAddress, int] = Factory(dict)
    notifications: dict[Subject, Notification] = Factory(dict)
    last_id: int = 0

    def copy(self) -> _State:
        return _State(
            dict(self.configs), dict(self.ids), dict(self.revisions), dict(self.notifications), self.last_id
        )


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
class MemoryNotificationOutbox:
    """`NotificationOutbox` over one state."""

    _state: _State

    def enqueue(self, announcement: Announcement, now: datetime, due_at: datetime | None = None) -> None:
        since, due = due_at or now, due_at or AT_ONCE
        earlier = self._state.notifications.get(announcement.subject)
        waiting = earlier if earlier is not None and not earlier.parked else None
        self._state.notifications[announcement.subject] = Notification(
            announcement=announcement.over(earlier.announcement if earlier else None),
            generation=next_generation(now, earlier.generation if earlier else None),
            since=min(since, waiting.since) if waiting else since,
            due_at=min(due, waiting.due_at) if waiting else due,
        )


@frozen
class MemoryUnitOfWork:
    """`UnitOfWork` over one transaction's copy of the state."""

    configs: MemoryConfigRepository
    devices: MemoryDeviceRepository
    notifications: MemoryNotificationOutbox


class _Committed:
    """The committed state. One writer at a time; readers see the last commit."""

    def __init__(self) -> None:
        self.state = _State()
        self._writer = Lock()

    @contextmanager
    def transaction(self) -> Iterator[_State]:
        with self._writer:
            state = self.state.copy()
            yield state
            self.state = state


@frozen
class MemoryStore:
    """`Store` in memory."""

    _committed: _Committed = field(init=False, factory=_Committed, repr=False)

    @contextmanager
    def reading(self) -> Iterator[MemoryConfigRepository]:
        yield MemoryConfigRepository(self._committed.state)

    @contextmanager
    def writing(self) -> Iterator[MemoryUnitOfWork]:
        with self._committed.transaction() as state:
            yield MemoryUnitOfWork(
                MemoryConfigRepository(state), MemoryDeviceRepository(state), MemoryNotificationOutbox(state)
            )

    def check(self) -> None:
        return

    def notifications(self) -> MemoryNotificationQueue:
        """The pending notifications of this store."""
        return MemoryNotificationQueue(self._committed)


@frozen
class MemoryNotificationQueue:
    """`NotificationQueue` of a memory store."""

    _committed: _Committed

    def due(self, now: datetime, limit: int) -> Sequence[Notification]:
        return [n for n in self._waiting() if n.due_at <= now][:limit]

    def next_due(self) -> datetime | None:
        return next((n.due_at for n in self._waiting()), None)

    def settle(self, told: Sequence[Notification], refused: Sequence[Notification]) -> None:
        with self._committed.transaction() as state:
            for notification in told:
                if _is_current(state, notification):
                    del state.notifications[notification.announcement.subject]
            for notification in refused:
                if _is_current(state, notification):
                    state.notifications[notification.announcement.subject] = notification

    def backlog(self) -> Backlog:
        waiting = self._waiting()
        parked = len(self._committed.state.notifications) - len(waiting)
        return Backlog(len(waiting), parked, min((n.since for n in waiting), default=None))

    def find(self, limit: int) -> Sequence[Notification]:
        everything = self._committed.state.notifications.values()
        parked = sorted((n for n in everything if n.parked), key=_by_due)
        return [*parked, *self._waiting()][:limit]

    def retry_parked(self, now: datetime) -> int:
        with self._committed.transaction() as state:
            parked = [n for n in state.notifications.values() if n.parked]
            for n in parked:
                state.notifications[n.announcement.subject] = evolve(
                    n, parked=False, refusals=0, due_at=AT_ONCE, since=now
                )
            return len(parked)

    def _waiting(self) -> list[Notification]:
        everything = self._committed.state.notifications.values()
        return sorted((n for n in everything if not n.parked), key=_by_due)


def _by_due(notification: Notification) -> tuple[datetime, datetime, Subject]:
    return notification.due_at, notification.since, notification.announcement.subject


def _is_current(state: _State, notification: Notification) -> bool:
    current = state.notifications.get(notification.announcement.subject)
    return current is not None and current.generation == notification.generation
