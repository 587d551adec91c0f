"""How long devices take to run a new document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final, Protocol, Self

from attrs import frozen

from iotconfig.domain.mac import MacAddress

from .evidence import Evidence, Kind

MEASURED: Final = (Kind.HOLDS, Kind.APPLIED)
"""The kinds of evidence that show that a device runs a document."""


@frozen
class Delay:
    """The time from the commit of a document to the first evidence that its device runs it."""

    kind: Kind
    """One of `MEASURED`."""
    seconds: float
    """Not negative, even if the clocks of two machines differ."""

    @classmethod
    def between(cls, kind: Kind, committed_at: datetime, received_at: datetime) -> Self:
        """The delay of evidence that was received at this time."""
        return cls(kind, max(0.0, (received_at - committed_at).total_seconds()))


class DelayReader(Protocol):
    """Reads how long devices took. All methods may raise `StoreUnavailable`."""

    def delays(self, batch: Sequence[Evidence]) -> Sequence[Delay]:
        """Return the delay of each piece of evidence that is the first of its kind about the current document.

        batch: evidence that is about to be written.

        It is the first unless the stored one of this kind names the same document with the same number. Two writers
        at one moment may both have the first.
        """
        ...


def measured(batch: Sequence[Evidence]) -> Iterator[Evidence]:
    """The evidence that its device runs the document that it was to have when the evidence arrived.

    Of several pieces of one kind about a device and a document number, the first one.
    """
    found: set[tuple[MacAddress, Kind, int]] = set()
    for each in batch:
        key = (each.mac_address, each.kind, each.number)
        if each.kind in MEASURED and each.etag_number == each.number and key not in found:
            found.add(key)
            yield each
