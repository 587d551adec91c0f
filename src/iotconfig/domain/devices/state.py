"""The state of a device: how what it has compares with what it is to have."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from .evidence import Evidence, Kind, Newest


@frozen
class Wanted:
    """The document that the service serves to a device."""

    number: int
    """The document number."""
    etag: str


class State(StrEnum):
    """The state of a device."""

    NEVER = "never"
    """The device was never seen."""
    REJECTED = "rejected"
    """The device refuses the document."""
    IN_SYNC = "in_sync"
    """The device runs the document."""
    DRIFTED = "drifted"
    """The device applied the document, and now runs another one."""
    DELIVERED = "delivered"
    """The device was sent the document, and has not said since what it runs."""
    PENDING = "pending"
    """The device does not have the document yet."""


def state_of(wanted: Wanted, newest: Newest) -> State:
    """The state that the evidence shows. The first state that fits is returned; it does not depend on the current time.

    wanted: the document that the device is served now.
    newest: the newest evidence of each kind.
    """
    running = runs(newest)
    applied = newest.get(Kind.APPLIED)
    if not newest.keys() - {Kind.OFFERED}:
        return State.NEVER
    if is_refused(wanted, newest):
        return State.REJECTED
    if running is not None and running.etag == wanted.etag:
        return State.IN_SYNC
    if _names_current(applied, wanted):
        return State.DRIFTED
    fetched = newest.get(Kind.FETCHED)
    if (
        fetched is not None
        and _names_current(fetched, wanted)
        and (running is None or fetched.order >= running.order)
    ):
        return State.DELIVERED
    return State.PENDING


def runs(newest: Newest) -> Evidence | None:
    """The newest evidence of the document that the device runs; None where it never named one."""
    named = [newest[kind] for kind in (Kind.HOLDS, Kind.APPLIED) if kind in newest]
    # At one moment, a report counts more than the header of a fetch.
    return max(named, key=lambda evidence: (evidence.order, evidence.kind is Kind.APPLIED), default=None)


def is_refused(wanted: Wanted, newest: Newest) -> bool:
    """Whether the device refused the document since it became the current one, and has not applied it since."""
    rejected, applied = newest.get(Kind.REJECTED), newest.get(Kind.APPLIED)
    if rejected is None or not _names_current(rejected, wanted):
        return False
    return applied is None or applied.etag != wanted.etag or applied.order <= rejected.order


def _names_current(evidence: Evidence | None, wanted: Wanted) -> bool:
    """Whether the evidence names the document, and arrived while it had its present number."""
    return evidence is not None and evidence.etag == wanted.etag and evidence.number == wanted.number
