"""The use cases of models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, Self

from attrs import frozen

from iotconfig.domain.arguments import check_kind
from iotconfig.domain.change_notes import UNSIGNED, ChangeNote, Operation, check_note
from iotconfig.domain.clock import Clock
from iotconfig.domain.configs.precondition import UNCONDITIONAL, Precondition, check_precondition
from iotconfig.domain.configs.query import ConfigQuery
from iotconfig.domain.configs.store import Store, UnitOfWork
from iotconfig.domain.errors import PreconditionFailed, RecordNotFound, Unprocessable
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.models.budget import Budget
from iotconfig.domain.models.changes import ModelChange
from iotconfig.domain.models.model import (
    MAX_MODELS,
    DeviceModel,
    Mode,
    ModelRules,
    model_name_of,
)

from .model_checks import READ_AT_ONCE, FailingDevice, ModelChecks, Seen, refused, unmodelled

MAX_FAILING: Final = 1000
"""Devices that a validation lists, at most."""


@frozen
class ListedModel:
    """A model, and how many devices have it."""

    model: DeviceModel
    devices: int


@frozen
class ModelSummary:
    """A model as lists show it: without its schema."""

    name: str
    mode: Mode
    budget: Budget
    revision: int
    devices: int
    """How many devices have it."""
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, model: DeviceModel, devices: int) -> Self:
        """Return the summary of a model that so many devices have."""
        rules = model.rules
        return cls(
            model.name,
            rules.mode,
            rules.budget,
            model.revision,
            devices,
            model.created_at,
            model.updated_at,
        )


@frozen
class Validation:
    """Which devices break models."""

    checked: int
    """The number of devices that were checked."""
    failing: Sequence[FailingDevice]
    """Sorted by MAC address."""
    more: bool
    """Whether there may be more: the check ended at the limit."""


@frozen
class ModelWritten:
    """What a write of a model stored."""

    model: DeviceModel
    """The model after the write."""
    change: str | None
    """The id of the write; None where the model had these rules already."""
    is_new: bool


@frozen
class ModelService:
    """Reads and changes models, and says which devices break them.

    All methods may raise `StoreUnavailable` and `ServiceClosed`, those that write `StoreFull` too.
    """

    store: Store
    clock: Clock
    checks: ModelChecks

    def all(self) -> Sequence[ModelSummary]:
        """Return all models, sorted by name."""
        with self.store.reading() as view:
            counts = view.labels.model_counts()
            return [ModelSummary.of(model, counts.get(model.name, 0)) for model in view.models.all()]

    def get(self, name: str) -> ListedModel:
        """Return a model. Raises `RecordNotFound`."""
        name = model_name_of(name)
        with self.store.reading() as view:
            model = view.models.get(name)
            counts = view.labels.model_counts()
        return ListedModel(_existing(model, name), counts.get(name, 0))

    def put(
        self,
        name: str,
        rules: ModelRules,
        precondition: Precondition = UNCONDITIONAL,
        note: ChangeNote = UNSIGNED,
    ) -> ModelWritten:
        """Make a model, or give the one of this name other rules.

        Raises `ModelRefused`, with the first 20 devices, where the rules are enforced and documents of the model's devices
        break them; `PreconditionFailed`; `Unprocessable` for more than 200 models; and what `DocumentRules.accept` raises.
        """
        name = model_name_of(name)
        check_kind(rules, ModelRules, "The rules of a model are ModelRules")
        check_precondition(precondition)
        check_note(note)
        self.checks.offload(lambda: self.checks.rules.accept(rules.schema), len(rules.schema))
        seen: Seen = {}
        with self.store.reading() as view:
            generation = view.layers.generation()
        if rules.mode is Mode.ENFORCE and (error := refused(name, self.checks.of_model(name, rules, seen))):
            raise error
        with self.store.writing() as work:
            work.layers.lock()
            work.models.lock()
            present = work.models.get(name)
            _check_state(precondition, name, present)
            if work.layers.generation() != generation:
                seen.clear()
            if present is not None and present.rules == rules:
                return ModelWritten(present, None, is_new=False)
            made = self._made(work, name, present, rules)
            operation = Operation.CREATE if present is None else Operation.UPDATE
            change = work.models.record(ModelChange(operation, made), note)
            # Writers of documents wait since the layers were locked: what has changed since the check above is checked again.
            if rules.mode is Mode.ENFORCE and (
                error := refused(name, self.checks.changed_since(work, name, rules, seen))
            ):
                raise error
        return ModelWritten(made, change, is_new=present is None)

    def delete(
        self, name: str, precondition: Precondition = UNCONDITIONAL, note: ChangeNote = UNSIGNED
    ) -> str:
        """Remove a model; return the id of the change.

        Raises `RecordNotFound`; `PreconditionFailed`; and `Unprocessable` while devices have the model, or a layer reaches it.
        """
        name = model_name_of(name)
        check_precondition(precondition)
        check_note(note)
        with self.store.writing() as work:
            work.layers.lock()
            work.models.lock()
            present = work.models.get(name)
            _check_state(precondition, name, present)
            gone = _existing(present, name)
            _check_unused(work, name)
            change = ModelChange(Operation.DELETE, gone.changed(gone.rules, self.clock()))
            return work.models.record(change, note)

    def validate(
        self, model: str | None = None, rules: ModelRules | None = None, limit: int = MAX_FAILING
    ) -> Validation:
        """Check the documents of devices, whatever the modes of their models; nothing is stored.

        model: only devices of this model; by default, all devices that have one.
        rules: that the devices are checked against, in place of those that are stored; without `model`, all devices are.
        limit: the check ends when so many devices have failed.

        Raises `RecordNotFound` for a model that does not exist, and what `DocumentRules.accept` raises.
        """
        if rules is not None:
            check_kind(rules, ModelRules, "The rules of a model are ModelRules")
            self.checks.offload(lambda: self.checks.rules.accept(rules.schema), len(rules.schema))
        with self.store.reading() as view:
            stored = {each.name: each.rules for each in view.models.all()}
        if model is not None and model_name_of(model) not in stored:
            raise RecordNotFound(model, what="Model")
        failing: list[FailingDevice] = []
        checked = 0
        for device in self._validated(model, rules, stored):
            checked += 1
            if device is not None:
                failing.append(device)
            if len(failing) == limit:
                return Validation(checked, failing, more=True)
        return Validation(checked, failing, more=False)

    def _validated(
        self, model: str | None, rules: ModelRules | None, stored: Mapping[str, ModelRules]
    ) -> Iterator[FailingDevice | None]:
        after: MacAddress | None = None
        while True:
            with self.store.reading() as view:
                composer = unmodelled(view.composer())
                query = ConfigQuery(after=after, limit=READ_AT_ONCE, count=False, model=model)
                page = view.configs.find(query)
                configs = view.configs.load([summary.mac_address for summary in page])
            for config in configs:
                applied = rules or stored.get(config.labels.model or "")
                if applied is not None:
                    yield self.checks.check(config, applied, composer)
            if page.next is None:
                return
            after = page.next

    def _made(
        self, work: UnitOfWork, name: str, present: DeviceModel | None, rules: ModelRules
    ) -> DeviceModel:
        now = self.clock()
        if present is not None:
            return present.changed(rules, now)
        if len(work.models.all()) >= MAX_MODELS:
            raise Unprocessable(
                f"There are at most {MAX_MODELS} models: delete those that you no longer need."
            )
        return DeviceModel(name, rules, work.models.last_revision(name) + 1, now, now)


def _existing(model: DeviceModel | None, name: str) -> DeviceModel:
    if model is None:
        raise RecordNotFound(name, what="Model")
    return model


def _check_state(precondition: Precondition, name: str, model: DeviceModel | None) -> None:
    if precondition.allows(None if model is None else model.revision):
        return
    if model is None:
        raise PreconditionFailed(
            f'The precondition requires an existing model: there is none named "{name}".'
        )
    raise PreconditionFailed(
        f'Model "{name}" is at revision {model.revision}, which the precondition excludes: read it again, then repeat '
        "the change.",
        revision=model.revision,
    )


def _check_unused(work: UnitOfWork, name: str) -> None:
    if devices := work.labels.model_counts().get(name, 0):
        raise Unprocessable(
            f'The model "{name}" cannot be deleted while devices have it ({devices} of them): give them another one first, '
            "or none.",
            devices=devices,
        )
    layers = [layer.name for layer in work.layers.all() if layer.reach.model == name]
    if layers:
        raise Unprocessable(
            f'The model "{name}" cannot be deleted while the layer "{layers[0]}" reaches it: delete the layer first.',
            layers=layers,
        )
