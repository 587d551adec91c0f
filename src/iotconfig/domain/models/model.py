"""Models of devices."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

from attrs import evolve, field, frozen

from iotconfig.domain.arguments import check_kind
from iotconfig.domain.documents import strict_json
from iotconfig.domain.documents.content import MAX_DEPTH
from iotconfig.domain.errors import ContentTooLarge, InvalidDocument
from iotconfig.domain.names import name_of

from .budget import NO_BUDGET, Budget

MAX_MODELS: Final = 200
"""Maximum number of models."""

MAX_SCHEMA_BYTES: Final = 64 * 1024
"""Maximum length of a schema, in bytes of UTF-8."""


def model_name_of(text: str) -> str:
    """Return `text` if it is the name of a model. Raises `ValidationFailed` otherwise."""
    return name_of(text, "model")


class Mode(StrEnum):
    """What a document that breaks its model leads to."""

    OFF = "off"
    """Documents are not checked."""
    WARN = "warn"
    """It is stored, and the answer has a warning."""
    ENFORCE = "enforce"
    """It is refused."""


def checked_schema(text: str) -> str:
    """Return the text of a JSON Schema if it is JSON of the right size and kind.

    Raises `ContentTooLarge` above 64 KiB, and `InvalidDocument` for text that breaks the rules of JSON in documents, or
    is neither an object nor a boolean. Whether it is a valid schema is decided by `DocumentRules.accept`.
    """
    check_kind(text, str, "A schema is JSON text (str)")
    if len(text.encode(errors="surrogatepass")) > MAX_SCHEMA_BYTES:
        raise ContentTooLarge(
            f"The schema is larger than {MAX_SCHEMA_BYTES} bytes.", max_bytes=MAX_SCHEMA_BYTES
        )
    value = strict_json.decode(text, MAX_DEPTH)
    if not isinstance(value, dict | bool):
        raise InvalidDocument(
            f"a schema is a JSON object, true or false, not {strict_json.kind(value)}", pointer=""
        )
    return text


ANYTHING: Final = "{}"
"""The schema that every document fits."""


@frozen
class ModelRules:
    """What the documents of a model must follow."""

    schema: str = field(default=ANYTHING, converter=checked_schema)
    """The text of a JSON Schema, draft 2020-12, kept verbatim."""
    budget: Budget = NO_BUDGET
    mode: Mode = Mode.WARN


@frozen
class DeviceModel:
    """A model: its name, its rules, and its revision."""

    name: str = field(converter=model_name_of)
    rules: ModelRules
    revision: int
    """1 for a new model, one more at each change, and never back, not even after a deletion."""
    created_at: datetime
    updated_at: datetime

    def changed(self, rules: ModelRules, now: datetime) -> DeviceModel:
        """Return the model with other rules, at its next revision. Its times never go back."""
        return evolve(self, rules=rules, revision=self.revision + 1, updated_at=max(now, self.updated_at))
