"""Arrival: whether a device has the document that it is to have, as somebody counts who waits for that."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum, auto

from attrs import field, frozen, validators

from .evidence import Evidence, Kind, Proof
from .past import StateChange
from .state import State, runs
from .status import DeviceStatus


class Arrival(Enum):
    """Whether a device has the document."""

    MISSING = auto()
    THERE = auto()
    SILENT = auto()
    """It was given the document, and has never said what it runs."""


@frozen
class Goal:
    """What is waited for."""

    state: State = field(default=State.IN_SYNC, validator=validators.in_((State.IN_SYNC, State.DELIVERED)))
    """`IN_SYNC`: that devices run the document. `DELIVERED`: that they were given it, or run it."""
    proofs: frozenset[Proof] = frozenset()
    """Only evidence with one of these proofs counts; empty: any evidence."""

    def arrival_in_list(self, device: DeviceStatus) -> Arrival | None:
        """Whether a device has the document, as far as a list tells; None where that takes its evidence."""
        if device.state not in (State.IN_SYNC, State.DELIVERED):
            return Arrival.MISSING
        if device.state is State.DELIVERED and device.held is not None and self.state is State.IN_SYNC:
            return Arrival.MISSING
        if self.proofs or (device.state is State.DELIVERED and device.held is None):
            return None
        return Arrival.THERE

    def arrival(self, device: DeviceStatus) -> Arrival:
        """Whether a device has the document, by its evidence."""
        newest = {each.kind: each for each in device.evidence}
        running = runs(newest)
        given = [
            each for each in device.evidence if each.kind is Kind.FETCHED and each.number == device.wanted
        ]
        if device.state is State.IN_SYNC and running is not None:
            named = [newest[kind] for kind in (Kind.HOLDS, Kind.APPLIED) if kind in newest]
            named = [each for each in named if each.etag == running.etag]
            is_there = self._proves(named + given if self.state is State.DELIVERED else named)
            return Arrival.THERE if is_there else Arrival.MISSING
        if device.state is not State.DELIVERED or not self._proves(given):
            return Arrival.MISSING
        if running is None:
            return Arrival.SILENT
        return Arrival.THERE if self.state is State.DELIVERED else Arrival.MISSING

    def _proves(self, evidence: Iterable[Evidence]) -> bool:
        return any(not self.proofs or each.proof in self.proofs for each in evidence)


def could_have_spoken(device: DeviceStatus, past: Iterable[StateChange]) -> bool:
    """Whether a device that never said what it runs has had the opportunity: it has fetched again since its first document.

    past: how its state changed. Where nothing is known of that, it could have.
    """
    given = [each.at for each in past if each.evidence is not None and each.evidence.kind is Kind.FETCHED]
    fetched = [each.received_at for each in device.evidence if each.kind is Kind.FETCHED]
    return not given or max(fetched, default=min(given)) > min(given)
