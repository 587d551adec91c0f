"""Models of devices over one state."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from iotconfig.domain.change_notes import ChangeNote
from iotconfig.domain.configs.change_log import logged_model
from iotconfig.domain.models.changes import ModelChange
from iotconfig.domain.models.model import DeviceModel

from .state import State


@frozen
class MemoryModelRepository:
    """`ModelRepository` over one state; the store's lock keeps other writers waiting."""

    _state: State
    _change_id: str

    def get(self, name: str) -> DeviceModel | None:
        return self._state.models.get(name)

    def all(self) -> Sequence[DeviceModel]:
        return sorted(self._state.models.values(), key=lambda model: model.name)

    def last_revision(self, name: str) -> int:
        return self._state.model_revisions.get(name, 0)

    def lock(self) -> None:
        return None

    def record(self, change: ModelChange, note: ChangeNote) -> str:
        state, model = self._state, change.model
        if change.is_deletion:
            state.models.pop(model.name, None)
        else:
            state.models[model.name] = model
        state.model_revisions[model.name] = model.revision
        state.layer_generation += 1
        state.log.append(logged_model(change, self._change_id, note, state.log))
        return self._change_id
