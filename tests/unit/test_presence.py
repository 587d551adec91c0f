"""Presence: when an `offline` counts."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from attrs import evolve

from iotconfig.adapters.memory import MemoryStore
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.devices.evidence import Evidence, Kind
from iotconfig.domain.devices.incoming import LastMessages
from iotconfig.domain.devices.presence import GRACE, Presence
from iotconfig.domain.devices.service import DeviceService
from iotconfig.domain.devices.status import DeviceQuery, DeviceStatus
from iotconfig.testing.builders import content, mac
from iotconfig.testing.clocks import START, SteppingClock

_SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("last_seen", "after", "is_online"),
    [
        pytest.param(None, GRACE - _SECOND, True, id="within-the-grace"),
        pytest.param(None, GRACE, False, id="after-the-grace"),
        pytest.param(START - _SECOND, GRACE, False, id="seen-before-only"),
        pytest.param(START + _SECOND, GRACE, True, id="seen-since"),
        pytest.param(START + _SECOND, GRACE + _SECOND, False, id="silent-since-then"),
    ],
)
def test_an_offline_counts_after_a_grace_without_life(
    last_seen: datetime | None, after: timedelta, is_online: bool
) -> None:
    """A takeover shows online, offline, online; a client id that changes can end on a wrong offline."""
    presence = Presence(False, START)
    assert is_online is presence.counts_as_online(START + after, last_seen)


def test_an_online_counts_at_once_and_stays() -> None:
    """The broker publishes the last will when the connection ends."""
    assert Presence(True, START).counts_as_online(START + 1000 * GRACE, None)


class _World:
    """A device with a document, which is shown at a given time."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        ConfigService(self.store, SteppingClock()).create(mac(1), content())

    def say(self, presence: Presence) -> None:
        self.store.last_messages.write([LastMessages(mac(1), presence=presence)])

    def fetch(self, after: timedelta) -> None:
        self.store.evidence.write([Evidence(mac(1), Kind.HOLDS, content().etag, 1, START + after)])

    def shown(self, after: timedelta) -> DeviceStatus:
        service = DeviceService(self.store.evidence, lambda: START + after, messages=self.store.last_messages)
        found = service.get(mac(1))
        assert found is not None
        (listed,) = service.find(DeviceQuery())
        assert listed.online is found.online
        assert listed.why == found.why
        return found


def test_presence_is_shown_with_the_state() -> None:
    """In the sentence, and as a flag that is unknown for devices that never said so. An `online` is a sign of life."""
    world = _World()
    assert (None, "Never seen.", None) == _said(world.shown(GRACE))

    world.say(Presence(True, START, START))
    assert (True, "Has shown nothing of a document; online.", START) == _said(world.shown(GRACE))
    world.fetch(GRACE)
    assert (True, "Runs 1; seen 3 minutes ago; online.", START + GRACE) == _said(world.shown(2 * GRACE))

    world.say(Presence(False, START + 2 * GRACE, START))
    assert (True, "Runs 1; seen 5 minutes ago; online.", START + GRACE) == _said(
        world.shown(3 * GRACE - _SECOND)
    )
    assert (False, "Runs 1; seen 6 minutes ago; offline for 3 minutes.", START + GRACE) == _said(
        world.shown(3 * GRACE)
    )


def test_a_device_that_is_online_can_be_overdue() -> None:
    """An expected interval is about what it runs: nothing tells that from its connection."""
    world = _World()
    world.say(Presence(True, START, START + 10 * GRACE))
    world.fetch(0 * GRACE)
    observed = world.store.evidence.find(mac(1))
    assert observed is not None
    overdue = evolve(observed, expected=GRACE, presence=Presence(True, START, START + 10 * GRACE))

    status = overdue.status(START + 10 * GRACE)
    assert (True, True, START + 10 * GRACE) == (status.overdue, status.online, status.last_seen)
    assert "Runs 1; no fetch or report for 30 minutes; expected every 3 minutes; online." == status.why


def test_the_sentence_agrees_with_the_time_that_is_shown() -> None:
    """A message about its connection is a sign of life in both, and ends no silence of its fetches."""
    world = _World()
    world.fetch(0 * GRACE)
    observed = world.store.evidence.find(mac(1))
    assert observed is not None
    came, gone = START + 10 * GRACE, START + 20 * GRACE

    seen = evolve(observed, presence=Presence(True, came, came)).status(came + _SECOND)
    assert ("Runs 1; seen 1 second ago; online.", came) == (seen.why, seen.last_seen)
    left = evolve(observed, expected=GRACE, presence=Presence(False, came, came)).status(gone)
    assert (
        "Runs 1; no fetch or report for 1 hour; expected every 3 minutes; offline for 30 minutes." == left.why
    )
    told = evolve(observed, expected=GRACE, presence=Presence(True, came)).status(gone)
    assert ("Runs 1; no fetch or report for 1 hour; expected every 3 minutes; online.", START) == (
        told.why,
        told.last_seen,
    )
    assert (
        "Runs 1; silent for 1 hour; expected every 3 minutes."
        == evolve(observed, expected=GRACE).status(gone).why
    )


def _said(status: DeviceStatus) -> tuple[bool | None, str, datetime | None]:
    return status.online, status.why, status.last_seen
