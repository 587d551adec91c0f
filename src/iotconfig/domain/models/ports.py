"""The ports of models. The docstrings are the contracts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from attrs import frozen

from iotconfig.domain.change_notes import ChangeNote

from .changes import ModelChange
from .failure import Failure
from .model import DeviceModel


@frozen
class Verdict:
    """What a check found."""

    failures: Sequence[Failure] = ()
    """At most 20; empty for a document that fits."""
    is_complete: bool = True
    """Whether there is no further failure."""

    def __bool__(self) -> bool:
        """Whether the document fits."""
        return not self.failures


FITS: Verdict = Verdict()
"""The verdict without failures."""


class DocumentRules(Protocol):
    """Checks documents against JSON Schemas, draft 2020-12, with `format` asserted and patterns in linear time.

    A schema refers into itself only. No method opens a file or a connection, and none takes longer than some 50 ms of
    processor time on whatever schema and document.
    """

    def accept(self, schema: str) -> None:
        """Check that the schema can be used; `schema` has passed `checked_schema`.

        Raises `InvalidDocument` with the pointer in the schema for what is no schema of draft 2020-12; for a pattern that
        the engine does not take (lookaround, back-references) or that is too large; for `$id` below the top, and a
        reference to anything outside or to no place inside; for a subschema that applies to the value that it is applied
        to (an endless loop); and for a schema that may look at one value more than 10,000 times.
        """
        ...

    def check(self, schema: str, document: str) -> Verdict:
        """Check a document that follows the rules of content. Raises as `accept` does for a schema that cannot be used.

        The verdict has failures in the order of the schema. A document whose check would take too long for
        the schema is not checked, and has one failure, which says so.
        """
        ...


class ModelReader(Protocol):
    """Reads models. Every method may raise `StoreUnavailable`."""

    def get(self, name: str) -> DeviceModel | None:
        """The model of this name, or None."""
        ...

    def all(self) -> Sequence[DeviceModel]:
        """All models, sorted by name."""
        ...

    def last_revision(self, name: str) -> int:
        """The newest revision of this name, also of a deleted model; 0 if there never was one."""
        ...


class ModelRepository(ModelReader, Protocol):
    """Changes models inside a unit of work."""

    def lock(self) -> None:
        """Wait for other units of work that locked the models, and keep them waiting until this one ends.

        What is read afterwards is what they have stored. No counter is locked after it.
        """
        ...

    def record(self, change: ModelChange, note: ChangeNote) -> str:
        """Store a change of a model, after `lock`; return the id of the write.

        Stores or removes the model, keeps its revision, and adds a row of kind `model` to the change log, whose
        subject is the model's name (`logged_model`), at the model's `updated_at`. Adds 1 to the generation of the layers:
        documents depend on both.
        """
        ...
