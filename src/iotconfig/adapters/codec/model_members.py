"""Models as JSON has them: their schemas verbatim, budgets with the limits that they set."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self

from attrs import asdict, evolve, frozen

from iotconfig.domain.documents import json_members, strict_json
from iotconfig.domain.errors import IotConfigError
from iotconfig.domain.layering.model_checks import FailingDevice
from iotconfig.domain.layering.model_service import ListedModel, ModelSummary, Validation
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.models.budget import Budget
from iotconfig.domain.models.failure import Failure
from iotconfig.domain.models.model import DeviceModel, Mode, ModelRules, checked_schema

from .answers import SchemaText, answer
from .entities import MalformedAnswer, entity_of
from .members import BODY_DEPTH


@answer
@frozen
class Limits:
    """A budget; limits that it does not set are left out."""

    bytes: Annotated[int | None, "Maximum length of the document in bytes of UTF-8"] = None
    depth: Annotated[int | None, "Maximum depth of nesting; the top object is 1"] = None
    string_bytes: Annotated[int | None, "Maximum length of each string and each name, in bytes of UTF-8"] = (
        None
    )
    array_length: Annotated[int | None, "Maximum number of elements of each array"] = None
    integer_min: Annotated[int | None, "The lowest integer"] = None
    integer_max: Annotated[int | None, "The highest integer"] = None

    @classmethod
    def of(cls, budget: Budget) -> Self:
        """The answer about this budget."""
        return cls(**asdict(budget))

    def budget(self) -> Budget:
        """The budget."""
        return Budget(**asdict(self))


@answer
@frozen
class Model:
    """A model, as lists have it: without its schema."""

    name: str
    mode: Annotated[
        Mode, "Whether documents that break the model are refused, stored with a warning, or not checked"
    ]
    budget: Limits
    revision: Annotated[int, "One more at each change of the model; it never decreases"]
    devices: Annotated[int, "The number of devices that have the model"]
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, model: ModelSummary) -> Self:
        """The answer about this model."""
        return cls(
            model.name,
            model.mode,
            Limits.of(model.budget),
            model.revision,
            model.devices,
            model.created_at,
            model.updated_at,
        )

    def summary(self) -> ModelSummary:
        """The model."""
        return ModelSummary(
            self.name,
            self.mode,
            self.budget.budget(),
            self.revision,
            self.devices,
            self.created_at,
            self.updated_at,
        )


@answer
@frozen
class Models:
    """All models of `GET /api/models`."""

    models: Sequence[Model]


@answer
@frozen
class ModelWithSchema:
    """A model."""

    name: str
    mode: Annotated[
        Mode, "Whether documents that break the model are refused, stored with a warning, or not checked"
    ]
    budget: Limits
    revision: Annotated[int, "One more at each change of the model; it never decreases"]
    devices: Annotated[int, "The number of devices that have the model"]
    created_at: datetime
    updated_at: datetime
    schema: Annotated[SchemaText, "The JSON Schema, exactly as written"]
    change: Annotated[str | None, "Of a write: its id; left out where the model had these rules already"] = (
        None
    )

    @classmethod
    def of(cls, listed: ListedModel, change: str | None = None) -> Self:
        """The answer about this model."""
        model = listed.model
        return cls(
            model.name,
            model.rules.mode,
            Limits.of(model.rules.budget),
            model.revision,
            listed.devices,
            model.created_at,
            model.updated_at,
            SchemaText(model.rules.schema),
            change,
        )

    def listed(self) -> ListedModel:
        """The model."""
        rules = ModelRules(self.schema.text, self.budget.budget(), self.mode)
        made = DeviceModel(self.name, rules, self.revision, self.created_at, self.updated_at)
        return ListedModel(made, self.devices)


@answer
@frozen
class FoundFailure:
    """A place of a document that breaks the device's model."""

    pointer: Annotated[str, "The place, as a JSON Pointer (RFC 6901); empty: the document"]
    expected: Annotated[str, "The rule, in words"]
    found: Annotated[str, "The value, cut after 80 characters, or a measure"]
    layer: Annotated[str | None, "The layer that brings the value; left out for the device's own content"] = (
        None
    )


@answer
@frozen
class Failing:
    """A device whose document breaks a model."""

    mac_address: MacAddress
    device_name: str | None
    model: Annotated[str | None, "The device's model"]
    failures: Annotated[Sequence[FoundFailure], "At most 20"]
    complete: Annotated[bool, "Whether there is no further failure"]

    @classmethod
    def of(cls, device: FailingDevice) -> Self:
        """The answer about this device."""
        failures = [
            FoundFailure(each.pointer, each.expected, each.found, each.layer) for each in device.failures
        ]
        return cls(device.mac_address, device.device_name, device.model, failures, device.is_complete)

    def device(self) -> FailingDevice:
        """The device."""
        failures = [Failure(each.pointer, each.expected, each.found, each.layer) for each in self.failures]
        return FailingDevice(self.mac_address, self.device_name, self.model, failures, self.complete)


@answer
@frozen
class Validated:
    """Which devices break models."""

    checked: Annotated[int, "The number of devices that were checked"]
    failing: Annotated[Sequence[Failing], "Sorted by MAC address; at most 1000"]
    more: Annotated[bool, "Whether there may be more: the check ended at 1000"]

    @classmethod
    def of(cls, found: Validation) -> Self:
        """The answer about this validation."""
        return cls(found.checked, [Failing.of(device) for device in found.failing], found.more)

    def validation(self) -> Validation:
        """The validation."""
        return Validation(self.checked, [each.device() for each in self.failing], self.more)


def model_in(body: bytes) -> ModelWithSchema:
    """The model in an answer, with its schema verbatim. Raises `MalformedAnswer` for another answer."""
    found = entity_of(body, ModelWithSchema)
    try:
        members = json_members.members(strict_json.decode_utf8(body), BODY_DEPTH)
        schema = next(each.text for each in members if each.name == "schema")
        return evolve(found, schema=SchemaText(checked_schema(schema)))
    except IotConfigError as error:
        raise MalformedAnswer(repr(error)) from None
