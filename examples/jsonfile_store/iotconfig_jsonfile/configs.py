"""Configs and revision counters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from attrs import evolve, frozen

from iotconfig.domain.configs.config import Config
from iotconfig.domain.configs.counter import RevisionCounter
from iotconfig.domain.configs.query import ConfigPage, ConfigQuery, has_text
from iotconfig.domain.mac import MacAddress

from .records import CounterRecord, LabelsRecord, Records


@frozen
class JsonFileConfigReader:
    """`ConfigReader` over one block's records."""

    _records: Records

    def get(self, config_id: int) -> Config | None:
        config = self._records.configs.get(config_id)
        return None if config is None else self._labelled(config)

    def get_by_mac(self, mac_address: MacAddress) -> Config | None:
        found = next((c for c in self._records.configs.values() if c.mac_address == mac_address), None)
        return None if found is None else self._labelled(found)

    def find(self, query: ConfigQuery) -> ConfigPage:
        matches = self.matching(query)
        rest = [c for c in matches if query.after is None or c.mac_address > query.after]
        page, more = rest[: query.limit], len(rest) > query.limit
        return ConfigPage(
            configs=tuple(config.summary() for config in page),
            count=len(matches) if query.count else None,
            next=page[-1].mac_address if more else None,
        )

    def matching(self, query: ConfigQuery) -> list[Config]:
        """All configs that match, sorted by MAC address."""
        labelled = map(self._labelled, _sorted(self._records.configs.values()))
        return [config for config in labelled if _matches(config, query)]

    def load(self, mac_addresses: Sequence[MacAddress]) -> Sequence[Config]:
        wanted = frozenset(mac_addresses)
        found = [config for config in self._records.configs.values() if config.mac_address in wanted]
        return [self._labelled(config) for config in _sorted(found)]

    def _labelled(self, config: Config) -> Config:
        """The config with its labels and its document of now: those in its record are of its last change."""
        return evolve(
            config,
            labels=self._records.labels.get(config.id, LabelsRecord()).labels,
            served=self._records.served.get(config.mac_address),
            document_number=self._records.documents[config.mac_address].number,
            is_followed=config.mac_address in self._records.document_history,
        )


def _sorted(configs: Iterable[Config]) -> list[Config]:
    return sorted(configs, key=lambda config: config.mac_address)


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
class JsonFileRevisionCounters:
    """`RevisionCounters` over one block's records; the file's lock is for all counters at once."""

    _records: Records

    def lock(self, mac_address: MacAddress) -> RevisionCounter:
        counter = self._of(mac_address)
        return RevisionCounter(mac_address, counter.last_revision, counter.last_document_number)

    def lock_all(self, mac_addresses: Sequence[MacAddress]) -> Mapping[MacAddress, RevisionCounter]:
        return {each: self.lock(each) for each in sorted(mac_addresses) if each in self._records.counters}

    def lock_owner(self, config_id: int) -> RevisionCounter | None:
        config = self._records.configs.get(config_id)
        return self.lock(config.mac_address) if config else None

    def replaced_by(self, mac_address: MacAddress, since: int = 0) -> MacAddress | None:
        counter = self._of(mac_address)
        return counter.replaced_by if counter.last_revision > since else None

    def _of(self, mac_address: MacAddress) -> CounterRecord:
        return self._records.counters.get(mac_address, CounterRecord())
