"""Whether a device has the document, as somebody counts who waits for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from iotconfig.domain.devices.arrival import Arrival, Goal, could_have_spoken
from iotconfig.domain.devices.evidence import Evidence, Kind, Proof
from iotconfig.domain.devices.observed import ObservedDevice
from iotconfig.domain.devices.past import StateChange
from iotconfig.domain.devices.state import State, Wanted
from iotconfig.domain.devices.status import DeviceStatus
from iotconfig.testing.builders import mac
from iotconfig.testing.clocks import START

WANTED = Wanted(4, '"new"')


def seen(
    kind: Kind, etag: str = WANTED.etag, number: int = WANTED.number, minute: int = 1, **given: Any
) -> Evidence:
    """Evidence that arrived a minute after the start, for the present document."""
    return Evidence(mac(1), kind, etag, number, START + timedelta(minutes=minute), **given)


def device(*evidence: Evidence) -> DeviceStatus:
    """A device as it is shown, with its evidence."""
    observed = ObservedDevice(mac(1), "Lamp", WANTED, {each.kind: each for each in evidence})
    return evolve(observed.status(START + timedelta(hours=1)), evidence=evidence)


GIVEN = seen(Kind.FETCHED)
HOLDS = seen(Kind.HOLDS, minute=2)
OLD = seen(Kind.HOLDS, '"old"', 3, 0)
CASES = [
    ((), Arrival.MISSING, Arrival.MISSING),
    ((OLD,), Arrival.MISSING, Arrival.MISSING),
    ((GIVEN,), Arrival.SILENT, Arrival.SILENT),
    ((OLD, GIVEN), Arrival.MISSING, Arrival.THERE),
    ((GIVEN, HOLDS), Arrival.THERE, Arrival.THERE),
    ((HOLDS,), Arrival.THERE, Arrival.THERE),
    ((GIVEN, seen(Kind.APPLIED, minute=2)), Arrival.THERE, Arrival.THERE),
    ((GIVEN, seen(Kind.REJECTED, minute=2)), Arrival.MISSING, Arrival.MISSING),
    ((seen(Kind.APPLIED), seen(Kind.HOLDS, '"old"', minute=2)), Arrival.MISSING, Arrival.MISSING),
]


@pytest.mark.parametrize(("evidence", "in_sync", "delivered"), CASES)
def test_arrivals(evidence: tuple[Evidence, ...], in_sync: Arrival, delivered: Arrival) -> None:
    """A device that has never named a document counts when it was given this one, and is told apart."""
    assert in_sync is Goal().arrival(device(*evidence))
    assert delivered is Goal(State.DELIVERED).arrival(device(*evidence))


@pytest.mark.parametrize(("evidence", "_in_sync", "_delivered"), CASES)
@pytest.mark.parametrize("goal", [Goal(), Goal(State.DELIVERED)])
def test_lists_tell_no_more_than_evidence(
    goal: Goal, evidence: tuple[Evidence, ...], _in_sync: Arrival, _delivered: Arrival
) -> None:
    """What a list tells without evidence is what the evidence tells."""
    assert goal.arrival_in_list(device(*evidence)) in {None, goal.arrival(device(*evidence))}


@pytest.mark.parametrize("state", State)
def test_with_proofs_lists_never_say_that_a_device_is_there(state: State) -> None:
    """A list has no proofs."""
    listed = DeviceStatus(mac(1), None, state, False, "", 4, 4, START)

    assert Goal(proofs=frozenset({Proof.TOKEN})).arrival_in_list(listed) in {None, Arrival.MISSING}


@pytest.mark.parametrize(
    ("evidence", "in_sync", "delivered"),
    [
        ((HOLDS,), Arrival.MISSING, Arrival.MISSING),
        ((seen(Kind.HOLDS, proof=Proof.TOKEN),), Arrival.THERE, Arrival.THERE),
        ((HOLDS, seen(Kind.APPLIED, proof=Proof.TOKEN)), Arrival.THERE, Arrival.THERE),
        ((HOLDS, seen(Kind.APPLIED, '"old"', 3, 0, proof=Proof.TOKEN)), Arrival.MISSING, Arrival.MISSING),
        ((HOLDS, seen(Kind.FETCHED, proof=Proof.TOKEN)), Arrival.MISSING, Arrival.THERE),
        ((HOLDS, seen(Kind.FETCHED, '"old"', 3, 0, proof=Proof.TOKEN)), Arrival.MISSING, Arrival.MISSING),
        ((GIVEN,), Arrival.MISSING, Arrival.MISSING),
        ((seen(Kind.FETCHED, proof=Proof.TOKEN),), Arrival.SILENT, Arrival.SILENT),
        ((seen(Kind.HOLDS, proof=Proof.BROKER),), Arrival.MISSING, Arrival.MISSING),
    ],
)
def test_proofs(evidence: tuple[Evidence, ...], in_sync: Arrival, delivered: Arrival) -> None:
    """Evidence counts only with one of the proofs that are asked for."""
    proofs = frozenset({Proof.TOKEN})

    assert in_sync is Goal(proofs=proofs).arrival(device(*evidence))
    assert delivered is Goal(State.DELIVERED, proofs).arrival(device(*evidence))


@pytest.mark.parametrize("state", [State.PENDING, State.REJECTED, State.DRIFTED, State.NEVER])
def test_only_two_states_can_be_waited_for(state: State) -> None:
    """The others are not where a device is to get to."""
    with pytest.raises(ValueError, match="state"):
        Goal(state)


def change(minute: int, kind: Kind | None = Kind.FETCHED) -> StateChange:
    """A change of the state of the device, by evidence or by its document."""
    by = None if kind is None else seen(kind, minute=minute)
    return StateChange(minute, START + timedelta(minutes=minute), State.DELIVERED, 4, by)


@pytest.mark.parametrize(
    ("past", "expected"),
    [
        ([], True),
        ([change(5)], False),
        ([change(5), change(4, None)], False),
        ([change(4)], True),
        ([change(5), change(3)], True),
        ([change(5), change(3, Kind.OFFERED)], False),
    ],
)
def test_devices_that_could_have_spoken(past: list[StateChange], expected: bool) -> None:
    """They have fetched since they were first given a document."""
    assert expected is could_have_spoken(device(seen(Kind.FETCHED, minute=5)), past)
