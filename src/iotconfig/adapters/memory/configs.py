"""Configs and revision counters over one state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

from attrs import evolve, frozen

from iotconfig.domain.configs.config import Config
from iotconfig.domain.configs.counter import RevisionCounter
from iotconfig.domain.configs.labels import NO_LABELS
from iotconfig.domain.configs.query import ConfigPage, ConfigQuery, has_text
from iotconfig.domain.mac import MacAddress

from .state import State


@frozen
class MemoryConfigReader:
    """`ConfigReader` over one state."""

    _state: State

    def get(self, config_id: int) -> Config | None:
        config = self._state.configs.get(config_id)
        return None if config is None else self.labelled(config)

    def get_by_mac(self, mac_address: MacAddress) -> Config | None:
        return self.get(self._state.ids.get(mac_address, 0))

    def find(self, query: ConfigQuery) -> ConfigPage:
        matches = self.matching(query)
        rest = (c.summary() for c in matches if query.after is None or c.mac_address > query.after)
        page = tuple(islice(rest, query.limit))
        return ConfigPage(
            configs=page,
            count=len(matches) if query.count else None,
            next=page[-1].mac_address if next(rest, None) is not None else None,
        )

    def matching(self, query: ConfigQuery) -> list[Config]:
        """All configs that match, sorted by MAC address."""
        return sorted(
            (
                config
                for config in map(self.labelled, self._state.configs.values())
                if _matches(config, query)
            ),
            key=lambda config: config.mac_address,
        )

    def load(self, mac_addresses: Sequence[MacAddress]) -> Sequence[Config]:
        found = (self.get_by_mac(mac_address) for mac_address in sorted(mac_addresses))
        return [config for config in found if config is not None]

    def labelled(self, config: Config) -> Config:
        """The config with its labels and its document of now: those in the state are of its last change."""
        return evolve(
            config,
            labels=self._state.labels.get(config.id, NO_LABELS),
            served=self._state.served.get(config.mac_address),
            document_number=self._state.documents[config.mac_address].number,
            is_followed=config.mac_address in self._state.document_history,
        )


def _matches(config: Config, query: ConfigQuery) -> bool:
    if query.with_content not in {None, config.has_content}:
        return False
    if query.enable_ota is not None and config.enable_ota is not query.enable_ota:
        return False
    if not query.tags.takes(config.labels.tags) or query.model not in {None, config.labels.model}:
        return False
    return query.text is None or has_text(
        query.text, config.mac_address, config.device_name, config.device_entity_id
    )


@frozen
class MemoryRevisionCounters:
    """`RevisionCounters` over one state; the store's lock holds every device at once."""

    _state: State

    def lock(self, mac_address: MacAddress) -> RevisionCounter:
        return self._state.counters.setdefault(mac_address, RevisionCounter(mac_address, 0, 0))

    def lock_all(self, mac_addresses: Sequence[MacAddress]) -> Mapping[MacAddress, RevisionCounter]:
        counters = self._state.counters
        return {each: counters[each] for each in sorted(mac_addresses) if each in counters}

    def lock_owner(self, config_id: int) -> RevisionCounter | None:
        config = self._state.configs.get(config_id)
        return None if config is None else self.lock(config.mac_address)

    def next_revision(self, mac_address: MacAddress) -> int:
        """The number that this device's next change takes; nothing is locked for it."""
        counter = self._state.counters.get(mac_address)
        return 1 if counter is None else counter.next_revision()

    def replaced_by(self, mac_address: MacAddress, since: int = 0) -> MacAddress | None:
        counter = self._state.counters.get(mac_address)
        if counter is None or counter.last_revision <= since:
            return None
        return self._state.successors.get(mac_address)
