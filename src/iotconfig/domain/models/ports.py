"""The port that checks documents against schemas. Its docstring is the contract."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from attrs import frozen

from .failure import Failure


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
