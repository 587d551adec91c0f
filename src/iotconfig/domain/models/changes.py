"""Changes of models."""

from __future__ import annotations

from attrs import frozen

from iotconfig.domain.change_notes import Operation

from .model import DeviceModel


@frozen
class ModelChange:
    """One change of one model. `ModelRepository.record` stores it."""

    operation: Operation
    """`CREATE`, `UPDATE` or `DELETE`."""
    model: DeviceModel
    """The model after the change. Deleted: as it was, with the revision and the time of the deletion."""

    @property
    def is_deletion(self) -> bool:
        """Whether the model is gone after the change."""
        return self.operation is Operation.DELETE
