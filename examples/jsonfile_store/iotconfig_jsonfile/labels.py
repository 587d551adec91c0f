"""Tags and notes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from attrs import evolve, frozen

from iotconfig.domain.configs.change_log import logged_labels
from iotconfig.domain.configs.label_ports import LabelChange, LabelledConfig, LabelRevision, TagCount
from iotconfig.domain.configs.labels import Labels
from iotconfig.domain.configs.revisions import ChangeNote
from iotconfig.domain.mac import MacAddress

from .records import LabelsRecord, Records


@frozen
class JsonFileLabelRepository:
    """`LabelRepository` over one block's records; the file's lock is for all devices and names at once."""

    _records: Records
    _change_id: str

    def find(self, config_ids: Sequence[int]) -> Sequence[LabelledConfig]:
        configs = self._records.configs
        found = (configs[config_id] for config_id in config_ids if config_id in configs)
        labelled = []
        for config in sorted(found, key=lambda config: config.mac_address):
            record = self._of(config.id)
            labelled.append(
                LabelledConfig(config.id, config.mac_address, config.revision, record.labels, record.number)
            )
        return labelled

    def confirm(self, configs: Sequence[LabelledConfig]) -> bool:
        present = self.find([config.config_id for config in configs])
        return [_labelled(config) for config in configs] == [_labelled(config) for config in present]

    def lock(self, config_ids: Sequence[int]) -> Sequence[LabelledConfig]:
        return self.find(config_ids)

    def lock_names(self) -> None:
        return None

    def kept(self, config_id: int) -> Labels:
        return self._of(config_id).labels

    def names(self) -> frozenset[str]:
        return frozenset(self._tags())

    def counts(self) -> Sequence[TagCount]:
        return [TagCount(tag, count) for tag, count in sorted(Counter(self._tags()).items())]

    def model_counts(self) -> Mapping[str, int]:
        models = (config.labels.model for config in self.find([*self._records.configs]))
        return Counter(model for model in models if model is not None)

    def of_model(self, name: str, after: MacAddress | None, limit: int) -> Sequence[LabelledConfig]:
        found = (config for config in self.find([*self._records.configs]) if config.labels.model == name)
        return [config for config in found if after is None or config.mac_address > after][:limit]

    def of_change(self, change: str, after_config: int, limit: int) -> Sequence[LabelRevision]:
        found = [
            each
            for each in self._records.label_history
            if each.change == change and each.config_id > after_config
        ]
        return sorted(found, key=lambda each: each.config_id)[:limit]

    def record(self, changes: Sequence[LabelChange], note: ChangeNote, now: datetime) -> str:
        records = self._records
        for change in changes:
            config, number = change.config, change.config.number + 1
            records.labels[config.config_id] = LabelsRecord(change.labels, number)
            records.label_history.append(
                LabelRevision(config.config_id, number, self._change_id, config.labels, now)
            )
            present = evolve(config, revision=records.configs[config.config_id].revision)
            records.log.append(
                logged_labels(evolve(change, config=present), self._change_id, note, now, records.log)
            )
        return self._change_id

    def _of(self, config_id: int) -> LabelsRecord:
        return self._records.labels.get(config_id, LabelsRecord())

    def _tags(self) -> Iterator[str]:
        for config_id in self._records.configs:
            yield from self._of(config_id).labels.tags


def _labelled(config: LabelledConfig) -> object:
    """What `confirm` compares."""
    return config.config_id, config.mac_address, config.number
