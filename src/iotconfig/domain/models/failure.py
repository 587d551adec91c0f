"""What is wrong with a document, place by place."""

from __future__ import annotations

from typing import Final

from attrs import frozen

MAX_FAILURES: Final = 20
"""Maximum number of failures that are listed for one document."""


@frozen
class Failure:
    """A place of a document that breaks a rule of its device's model."""

    pointer: str
    """The place, as a JSON Pointer (RFC 6901): of a missing member, the place where it is missing. Empty: the document."""
    expected: str
    """The rule, such as `at most 14`."""
    found: str
    """The value there as JSON, cut after 80 characters; or a measure, such as `4012 bytes`."""
    layer: str | None = None
    """The layer that brings the value; None for the device's own content, and where no layer reaches the device."""

    def details(self) -> dict[str, object]:
        """The failure as the details of an error have it."""
        layer = {} if self.layer is None else {"layer": self.layer}
        return {"pointer": self.pointer, "expected": self.expected, "found": self.found, **layer}

    def __str__(self) -> str:
        return f"at {self.pointer or 'the top'}: expected {self.expected}, found {self.found}"
