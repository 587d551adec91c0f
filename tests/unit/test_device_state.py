"""The state of a device, and the sentence that explains it."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import count, product
from random import Random
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iotconfig.adapters.memory import MemoryStore
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.devices.evidence import Evidence, Kind, Newest, newest_of_each
from iotconfig.domain.devices.silence import ExpectedIntervals, overdue_at
from iotconfig.domain.devices.state import State, Wanted, state_of
from iotconfig.domain.devices.why import age, why
from iotconfig.domain.errors import ValidationFailed
from iotconfig.testing.builders import content, mac
from iotconfig.testing.clocks import START, SteppingClock

WANTED: Final = Wanted(14, '"n"')
MINUTE: Final = timedelta(minutes=1)
NOW: Final = START + timedelta(hours=1)


def seen(kind: Kind, etag: str = '"n"', minute: float = 0, number: int = 14, **given: Any) -> Evidence:
    """Evidence of this kind, received this long after `START`."""
    return Evidence(mac(1), kind, etag, number, START + timedelta(minutes=minute), **given)


def newest(*events: Evidence) -> Newest:
    """The newest evidence of each kind."""
    return newest_of_each(events).get(mac(1), {})


OFFERED, FETCHED, HOLDS, APPLIED, REJECTED = Kind
OLD: Final = '"m"'
TABLE = {
    "nothing": (State.NEVER, []),
    "only announced": (State.NEVER, [seen(OFFERED)]),
    "refused": (State.REJECTED, [seen(REJECTED), seen(HOLDS, OLD, 1)]),
    "refused, and held all the same": (State.REJECTED, [seen(REJECTED), seen(HOLDS, minute=1)]),
    "refused, and applied later": (State.IN_SYNC, [seen(REJECTED), seen(APPLIED, minute=1)]),
    "applied, and refused later": (State.REJECTED, [seen(APPLIED), seen(REJECTED, minute=1)]),
    "applied and refused at one moment": (State.REJECTED, [seen(APPLIED), seen(REJECTED)]),
    "refused, and another applied later": (State.REJECTED, [seen(REJECTED), seen(APPLIED, OLD, 1)]),
    "a roll back to what was refused a year ago": (State.PENDING, [seen(REJECTED, number=2), seen(HOLDS, OLD, 9)]),
    "another refused": (State.PENDING, [seen(REJECTED, OLD), seen(HOLDS, '"l"', 1)]),
    "held": (State.IN_SYNC, [seen(HOLDS)]),
    "held since before it was wanted again": (State.IN_SYNC, [seen(HOLDS, number=3)]),
    "fetched, then held": (State.IN_SYNC, [seen(FETCHED), seen(HOLDS, minute=1)]),
    "applied, then another held": (State.DRIFTED, [seen(APPLIED), seen(HOLDS, OLD, 1)]),
    "applied under another number, then another held": (State.PENDING, [seen(APPLIED, number=3), seen(HOLDS, OLD, 1)]),
    "another held, then applied": (State.IN_SYNC, [seen(HOLDS, OLD), seen(APPLIED, minute=1)]),
    "fetched": (State.DELIVERED, [seen(FETCHED)]),
    "fetched with another in hand": (State.DELIVERED, [seen(FETCHED), seen(HOLDS, OLD)]),
    "fetched, then another held": (State.PENDING, [seen(FETCHED), seen(HOLDS, OLD, 1)]),
    "fetched under another number": (State.PENDING, [seen(FETCHED, number=13)]),
    "another fetched": (State.PENDING, [seen(FETCHED, OLD, number=13)]),
}  # fmt: skip


@pytest.mark.parametrize(("state", "events"), TABLE.values(), ids=list(TABLE))
def test_the_first_row_that_fits_is_the_state(state: State, events: list[Evidence]) -> None:
    """Each row of the table, and its borders."""
    assert state is state_of(WANTED, newest(*events))


_EVENTS = [
    seen(kind, etag, minute, number, reason=reason)
    for kind, etag, minute, number, reason in product(
        Kind, ('"l"', OLD, '"n"'), range(4), (12, 13, 14), (None, "no")
    )
]
"""All events of a few moments. Sampled, one costs Hypothesis one choice: drawn member by member, it costs five."""


@given(st.lists(st.sampled_from(_EVENTS), max_size=8), st.randoms(use_true_random=False))
def test_every_order_of_arrival_over_two_workers_ends_in_one_state(
    events: list[Evidence], random: Random
) -> None:
    """Each worker writes its part in batches of its own."""
    clock = SteppingClock()
    ends = []
    for _ in range(2):
        store = MemoryStore()
        ConfigService(store, clock).create(mac(1), content())
        arriving = random.sample(events, len(events))
        halves = random.choices((0, 1), k=len(events))
        parts = [
            [each for each, half in zip(arriving, halves, strict=True) if half == worker] for worker in (0, 1)
        ]
        for size in count(2):
            if not any(parts):
                break
            for part in parts:
                store.evidence.write(part[: size - 1])
                del part[: size - 1]
        found = store.evidence.find(mac(1))
        assert found is not None
        ends.append([state_of(Wanted(number, '"n"'), found.newest) for number in (12, 13, 14, 15)])

    assert ends[0] == ends[1]


SENTENCES = {
    "Never seen.": [],
    "Runs 14; seen 57 minutes ago.": [seen(HOLDS, minute=3)],
    "Runs 12 of 14; refused 13 at /wifi/channel: 15 > 13; seen 3 minutes ago.": [
        seen(HOLDS, OLD, 57, etag_number=12),
        seen(REJECTED, '"l"', 5, 13, etag_number=13, pointer="/wifi/channel", reason="15 > 13"),
    ],
    "Runs 12 of 14; refused 14; seen 1 hour ago.": [seen(HOLDS, OLD, etag_number=12), seen(REJECTED)],
    "Was given 14 two minutes ago; its firmware does not say what it runs.": [seen(FETCHED, minute=58)],
    "Was given 14, 30 seconds ago; its firmware does not say what it runs.": [seen(FETCHED, minute=59.5)],
    "Was given 14 just now; its firmware does not say what it runs.": [seen(FETCHED, minute=60)],
    "Was given 14 two minutes ago; ran 12 before.": [seen(FETCHED, minute=58), seen(HOLDS, OLD, 5, etag_number=12)],
    "Was given 14 two minutes ago; ran another document before.": [seen(FETCHED, minute=58), seen(HOLDS, OLD, 5)],
    "Applied 14 and now runs 12; seen just now.": [seen(APPLIED), seen(HOLDS, OLD, 60, etag_number=12)],
    "Runs another document than 14; seen 30 seconds ago.": [seen(HOLDS, OLD, 59.5)],
    "Does not have 14 yet; seen 1 hour ago.": [seen(FETCHED, OLD, number=13)],
    "Refused 14; seen 58 minutes ago.": [seen(FETCHED), seen(REJECTED, minute=2)],
    "Runs 14; seen 59 minutes ago.": [seen(REJECTED, OLD, number=13), seen(APPLIED, minute=1)],
    "Runs 12 of 14; seen 1 minute ago.": [
        # It was refused under an earlier number: it is the current document again, and the device has not said what it thinks.
        seen(REJECTED, number=2),
        seen(HOLDS, OLD, 59, etag_number=12),
    ],
}  # fmt: skip


@pytest.mark.parametrize("sentence", SENTENCES)
def test_the_sentence(sentence: str) -> None:
    """It has document numbers, the open refusal, and the age of the newest sign of life."""
    assert sentence == why(WANTED, newest(*SENTENCES[sentence]), NOW)


def test_the_sentence_of_a_device_that_is_overdue() -> None:
    """It says for how long the device was silent and how often it was expected, and not when it was seen."""
    late = START + timedelta(hours=3)
    held = newest(seen(HOLDS))
    assert "Runs 14; silent for 3 hours; expected every 10 minutes." == why(WANTED, held, late, 10 * MINUTE)
    given = newest(seen(FETCHED))
    assert (
        "Was given 14 three hours ago; its firmware does not say what it runs; silent for 3 hours; expected every 10 minutes."
        == why(WANTED, given, late, 10 * MINUTE)
    )


def test_expected_intervals() -> None:
    """The longest of a device's tags counts; a bad one is refused with its tag."""
    intervals = ExpectedIntervals({"mains": 10 * MINUTE, "battery": 25 * 60 * MINUTE})
    assert 25 * 60 * MINUTE == intervals.of(["battery", "floor-3", "mains"])
    assert intervals.of(["floor-3"]) is None
    assert START + 22 * MINUTE == overdue_at(START, 10 * MINUTE)
    assert overdue_at(None, MINUTE) is overdue_at(START, None) is None
    for tag, interval in (("mains", timedelta(0)), ("mains", timedelta(days=367)), ("Mains!", MINUTE)):
        with pytest.raises(ValidationFailed, match=re.escape(tag)):
            ExpectedIntervals({tag: interval})


def test_ages() -> None:
    """In the largest unit that they fill; a clock that went back gives no negative age."""
    ages = {
        "just now": timedelta(seconds=0.9),
        "1 second ago": timedelta(seconds=1),
        "59 minutes ago": timedelta(minutes=59, seconds=59),
        "23 hours ago": timedelta(hours=23),
        "400 days ago": timedelta(days=400),
    }
    assert list(ages) == [age(NOW - passed, NOW) for passed in ages.values()]
    assert "just now" == age(NOW + timedelta(days=1), NOW)
