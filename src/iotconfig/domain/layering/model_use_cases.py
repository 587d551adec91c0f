"""The use cases of `ModelService` as HTTP and the commands call them, whether they run on a database or on a service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from iotconfig.domain.change_notes import ChangeNote
from iotconfig.domain.configs.precondition import Precondition
from iotconfig.domain.models.model import ModelRules

from .model_service import ListedModel, ModelSummary, ModelWritten, Validation


class ModelUseCases(Protocol):
    """The use cases of `ModelService`; its docstrings are the contract."""

    def all(self) -> Sequence[ModelSummary]:
        """Return all models, sorted by name."""
        ...

    def get(self, name: str) -> ListedModel:
        """Return a model."""
        ...

    def put(
        self, name: str, rules: ModelRules, precondition: Precondition = ..., note: ChangeNote = ...
    ) -> ModelWritten:
        """Make a model, or give the one of this name other rules."""
        ...

    def delete(self, name: str, precondition: Precondition = ..., note: ChangeNote = ...) -> str:
        """Remove a model; return the id of the change."""
        ...

    def validate(
        self, model: str | None = ..., rules: ModelRules | None = ..., limit: int = ...
    ) -> Validation:
        """Check the documents of devices; nothing is stored."""
        ...
