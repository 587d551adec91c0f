"""Evidence: what a device showed or said of a document, and which of it is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from attrs import evolve, frozen

from iotconfig.domain.mac import MacAddress

MAX_ETAG: Final = 80
"""Maximum characters of an ETag, quotes included."""
RENEWED_EVERY: Final = timedelta(minutes=1)
"""Evidence that repeats the stored one is written at most this often."""


class Kind(StrEnum):
    """What the evidence is."""

    OFFERED = "offered"
    """The document was announced to the device."""
    FETCHED = "fetched"
    """The device was sent the document."""
    HOLDS = "holds"
    """The device named the document as the one that it runs."""
    APPLIED = "applied"
    """The device reported that it runs the document."""
    REJECTED = "rejected"
    """The device reported that it refuses the document."""


class Proof(StrEnum):
    """What shows that the evidence is the device's own."""

    NONE = "none"
    TOKEN = "token"  # noqa: S105 - a word
    """The device's token came with it."""
    BROKER = "broker"
    """The broker lets only this device write to the topic that it came from."""


@frozen
class Evidence:
    """One piece of evidence."""

    mac_address: MacAddress
    kind: Kind
    etag: str
    """The ETag of the document that it is about, quotes included."""
    number: int
    """The document number that the device was to have when the evidence arrived."""
    received_at: datetime
    source: str = ""
    """The address that it came from; empty where unknown."""
    proof: Proof = Proof.NONE
    etag_number: int | None = None
    """The document number of `etag`; None where unknown."""
    pointer: str | None = None
    """Of a report: the member that was refused, as a JSON Pointer."""
    reason: str | None = None
    """Of a report: why it was refused."""
    firmware: str | None = None
    """Of a report: the version of the device's firmware."""
    report_number: int | None = None
    """Of a report: the number of the device's reports since its firmware was installed."""

    @property
    def order(self) -> tuple[int, datetime]:
        """Newer evidence has a higher document number, or the same and a later time."""
        return self.number, self.received_at

    @property
    def rank(self) -> tuple[int, datetime, str, str, str, str]:
        """`order`, and then the content, so that of two different ones received at one moment always the same is kept."""
        said = (self.etag, self.pointer or "", self.reason or "", self.firmware or "")
        return (*self.order, *said)

    def repeats(self, other: Evidence) -> bool:
        """Whether it says what `other` says; times and sources may differ."""
        return (
            evolve(
                self,
                received_at=other.received_at,
                source=other.source,
                etag_number=other.etag_number,
                report_number=other.report_number,
            )
            == other
        )


Newest = Mapping[Kind, Evidence]
"""The newest evidence of each kind about one device."""


def newer(one: Evidence, other: Evidence) -> Evidence:
    """Return the one with the higher rank. It gets the other's `etag_number` if it names the same ETag without one."""
    late, early = (one, other) if one.rank >= other.rank else (other, one)
    if late.etag_number is None and late.etag == early.etag:
        return evolve(late, etag_number=early.etag_number)
    return late


def newest_of_each(batch: Iterable[Evidence]) -> dict[MacAddress, dict[Kind, Evidence]]:
    """The newest evidence of each kind, by device."""
    found: dict[MacAddress, dict[Kind, Evidence]] = {}
    for evidence in batch:
        of_device = found.setdefault(evidence.mac_address, {})
        other = of_device.get(evidence.kind)
        of_device[evidence.kind] = evidence if other is None else newer(evidence, other)
    return found


def is_worth_writing(new: Evidence, stored: Newest, *, is_alone: bool) -> bool:
    """Whether the store must be written for evidence that arrives.

    Older evidence is not written. A repetition within a minute is not written either, unless evidence of
    another kind was received since the stored one: the order of kinds decides the state.

    is_alone: whether no evidence of another kind about the device arrives with it.
    """
    known = stored.get(new.kind)
    if known is None:
        return True
    if new.rank <= known.rank:
        return False
    return (
        not is_alone
        or not new.repeats(known)
        or new.received_at - known.received_at >= RENEWED_EVERY
        or any(other.received_at > known.received_at for other in stored.values())
    )
