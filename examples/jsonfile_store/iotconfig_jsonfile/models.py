"""Models of devices over one block's records."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from iotconfig.domain.change_notes import ChangeNote
from iotconfig.domain.configs.change_log import logged_model
from iotconfig.domain.models.changes import ModelChange
from iotconfig.domain.models.model import DeviceModel

from .records import Records


@frozen
class JsonFileModelRepository:
    """`ModelRepository` over one block's records; the file's lock keeps other writers waiting."""

    _records: Records
    _change_id: str

    def get(self, name: str) -> DeviceModel | None:
        return self._records.models.get(name)

    def all(self) -> Sequence[DeviceModel]:
        return sorted(self._records.models.values(), key=lambda model: model.name)

    def last_revision(self, name: str) -> int:
        return self._records.model_revisions.get(name, 0)

    def lock(self) -> None:
        return None

    def record(self, change: ModelChange, note: ChangeNote) -> str:
        records, model = self._records, change.model
        if change.is_deletion:
            records.models.pop(model.name, None)
        else:
            records.models[model.name] = model
        records.model_revisions[model.name] = model.revision
        records.layer_generation += 1
        records.log.append(logged_model(change, self._change_id, note, records.log))
        return self._change_id
