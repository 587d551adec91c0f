"""The sentence that explains the state of a device; the API, the commands and the page show the same."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from .evidence import Evidence, Kind, Newest
from .presence import Presence
from .state import State, Wanted, is_refused, runs, state_of

_UNITS: Final = (
    (timedelta(days=1), "day"),
    (timedelta(hours=1), "hour"),
    (timedelta(minutes=1), "minute"),
    (timedelta(seconds=1), "second"),
)
_WORDS: Final = (
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)


def why(
    wanted: Wanted,
    newest: Newest,
    now: datetime,
    missed: timedelta | None = None,
    presence: Presence | None = None,
) -> str:
    """Return one sentence about a device, with document numbers: what it runs, what it refused, and when it was seen.

    missed: of a device that is overdue, how often it was expected to show a sign of life.
    presence: what it said last about its connection to the broker; None where it said nothing.
    """
    state = state_of(wanted, newest)
    seen = last_seen(newest)
    life = last_life(newest, presence)
    is_online = presence is not None and presence.counts_as_online(now, life)
    connected = [] if presence is None else [_connected(presence, now, is_online=is_online)]
    if state is State.NEVER or seen is None:
        return (
            f"{'; '.join(['Has shown nothing of a document', *connected])}." if connected else "Never seen."
        )
    silent = []
    if missed is not None:
        # A device that says over the broker that it is there is overdue, too, and is not silent.
        said = "no fetch or report" if is_online or life != seen else "silent"
        silent = [f"{said} for {duration(now - seen)}; expected every {duration(missed)}"]
    if state is State.DELIVERED:
        parts = [*_delivered(wanted, newest, now), *silent]
    else:
        seen_last = silent or [f"seen {age(life, now)}"]
        parts = [*_running(wanted, newest), *_refused(wanted, newest), *seen_last]
    sentence = "; ".join([*parts, *connected])
    return f"{sentence[0].upper()}{sentence[1:]}."


def last_seen(newest: Newest) -> datetime | None:
    """The time of the newest fetch or report; None where there is none."""
    seen = [evidence.received_at for kind, evidence in newest.items() if kind is not Kind.OFFERED]
    return max(seen, default=None)


def last_life(newest: Newest, presence: Presence | None) -> datetime | None:
    """The time of the newest sign of life, messages about its connection included; None where there is none."""
    times = (last_seen(newest), None if presence is None else presence.seen_at)
    return max((moment for moment in times if moment is not None), default=None)


def held_number(wanted: Wanted, newest: Newest) -> int | None:
    """The document number of what the device runs; None where it is unknown."""
    running = runs(newest)
    return None if running is None else _number_of(running, wanted, newest)


def age(moment: datetime | None, now: datetime) -> str:
    """The time since a moment, in the largest unit that it fills: `3 minutes ago`."""
    if moment is None:
        return "never"
    passed = now - moment
    return f"{duration(passed)} ago" if passed >= _UNITS[-1][0] else "just now"


def duration(passed: timedelta) -> str:
    """A time in the largest unit that it fills: `3 hours`."""
    unit, name = next((each for each in _UNITS if passed >= each[0]), _UNITS[-1])
    count = passed // unit
    return f"{count} {name}{'' if count == 1 else 's'}"


def _delivered(wanted: Wanted, newest: Newest, now: datetime) -> list[str]:
    given = f"Was given {wanted.number}{_after_number(age(newest[Kind.FETCHED].received_at, now))}"
    if runs(newest) is None:
        return [given, "its firmware does not say what it runs"]
    held = held_number(wanted, newest)
    return [given, f"ran {'another document' if held is None else held} before"]


def _after_number(passed: str) -> str:
    """An age that follows a document number, told apart from it: ` two minutes ago`, or `, 29 seconds ago`."""
    count, _, rest = passed.partition(" ")
    if not count.isdigit():
        return f" {passed}"
    if int(count) <= len(_WORDS):
        return f" {_WORDS[int(count) - 1]} {rest}"
    return f", {passed}"


def _connected(presence: Presence, now: datetime, *, is_online: bool) -> str:
    """Whether the device is connected to the broker."""
    if is_online:
        return "online"
    return f"offline for {duration(now - presence.changed_at)}"


def _running(wanted: Wanted, newest: Newest) -> list[str]:
    """What the device runs. Of one that never said so and refuses the document, nothing: it has the document."""
    running = runs(newest)
    if running is None:
        return [] if is_refused(wanted, newest) else [f"does not have {wanted.number} yet"]
    if running.etag == wanted.etag:
        return [f"runs {wanted.number}"]
    held = held_number(wanted, newest)
    if state_of(wanted, newest) is State.DRIFTED:
        return [f"applied {wanted.number} and now runs {'another document' if held is None else held}"]
    if held is None:
        return [f"runs another document than {wanted.number}"]
    return [f"runs {held} of {wanted.number}"]


def _refused(wanted: Wanted, newest: Newest) -> list[str]:
    """The last refusal, while the device has applied nothing since."""
    rejected = newest.get(Kind.REJECTED)
    if rejected is None or not (is_refused(wanted, newest) or _is_open(rejected, wanted, newest)):
        return []
    number = _number_of(rejected, wanted, newest)
    refused = f"refused {'a document' if number is None else number}"
    if rejected.pointer:
        refused += f" at {rejected.pointer}"
    return [f"{refused}: {rejected.reason}" if rejected.reason else refused]


def _is_open(rejected: Evidence, wanted: Wanted, newest: Newest) -> bool:
    """Whether the refusal of another document than the current one still explains what the device runs."""
    running, applied = runs(newest), newest.get(Kind.APPLIED)
    if rejected.etag == wanted.etag or (applied is not None and applied.order > rejected.order):
        return False
    return running is None or running.etag not in (wanted.etag, rejected.etag)


def _number_of(evidence: Evidence, wanted: Wanted, newest: Newest) -> int | None:
    """The document number of the ETag that the evidence names."""
    if evidence.etag == wanted.etag:
        return wanted.number
    known = (other.etag_number for other in newest.values() if other.etag == evidence.etag)
    return max((number for number in known if number is not None), default=None)
