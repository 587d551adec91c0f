"""Labels over one state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from attrs import evolve, frozen

from iotconfig.domain.configs.change_log import logged_labels
from iotconfig.domain.configs.label_ports import LabelChange, LabelledConfig, LabelRevision, TagCount
from iotconfig.domain.configs.labels import NO_LABELS, Labels
from iotconfig.domain.configs.revisions import ChangeNote
from iotconfig.domain.mac import MacAddress

from .state import State


@frozen
class MemoryLabelRepository:
    """`LabelRepository` over one state; the store's lock holds every device and all names at once."""

    _state: State
    _change_id: str

    def find(self, config_ids: Sequence[int]) -> Sequence[LabelledConfig]:
        state = self._state
        found = (state.configs[config_id] for config_id in config_ids if config_id in state.configs)
        return [
            LabelledConfig(
                config.id,
                config.mac_address,
                config.revision,
                state.labels.get(config.id, NO_LABELS),
                state.label_changes.get(config.id, 0),
            )
            for config in sorted(found, key=lambda config: config.mac_address)
        ]

    def confirm(self, configs: Sequence[LabelledConfig]) -> bool:
        present = self.find([config.config_id for config in configs])
        return [_labelled(config) for config in configs] == [_labelled(config) for config in present]

    def lock(self, config_ids: Sequence[int]) -> Sequence[LabelledConfig]:
        return self.find(config_ids)

    def lock_names(self) -> None:
        return None

    def kept(self, config_id: int) -> Labels:
        return self._state.labels.get(config_id, NO_LABELS)

    def names(self) -> frozenset[str]:
        return frozenset(self._tags())

    def counts(self) -> Sequence[TagCount]:
        return [TagCount(tag, count) for tag, count in sorted(Counter(self._tags()).items())]

    def model_counts(self) -> Mapping[str, int]:
        models = (config.labels.model for config in self.find([*self._state.configs]))
        return Counter(model for model in models if model is not None)

    def of_model(self, name: str, after: MacAddress | None, limit: int) -> Sequence[LabelledConfig]:
        found = (config for config in self.find([*self._state.configs]) if config.labels.model == name)
        return [config for config in found if after is None or config.mac_address > after][:limit]

    def of_change(self, change: str, after_config: int, limit: int) -> Sequence[LabelRevision]:
        found = (each for each in self._state.label_history if each.change == change)
        rest = (each for each in found if each.config_id > after_config)
        return sorted(rest, key=lambda each: each.config_id)[:limit]

    def record(self, changes: Sequence[LabelChange], note: ChangeNote, now: datetime) -> str:
        state = self._state
        for change in changes:
            config, number = change.config, change.config.number + 1
            state.labels[config.config_id] = change.labels
            state.label_changes[config.config_id] = number
            revision = LabelRevision(config.config_id, number, self._change_id, config.labels, now)
            state.label_history.append(revision)
            present = evolve(config, revision=state.configs[config.config_id].revision)
            state.log.append(
                logged_labels(evolve(change, config=present), self._change_id, note, now, state.log)
            )
        return self._change_id

    def _tags(self) -> Iterator[str]:
        """The tags of all configs, each as often as a config has it."""
        for config_id in self._state.configs:
            yield from self._state.labels.get(config_id, NO_LABELS).tags


def _labelled(config: LabelledConfig) -> object:
    """What `confirm` compares."""
    return config.config_id, config.mac_address, config.number
