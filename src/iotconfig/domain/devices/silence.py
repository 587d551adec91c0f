"""Silence: how often devices are expected to show a sign of life, and when one is overdue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from attrs import field, frozen

from iotconfig.domain.configs.labels import tag_of
from iotconfig.domain.errors import ValidationFailed

GRACE: Final = timedelta(minutes=2)
"""Time that a device has beyond twice its interval: a sign of life is stored up to a minute and a flush later."""
SHORTEST: Final = timedelta(seconds=1)
LONGEST: Final = timedelta(days=366)
"""The bounds of an expected interval."""


def _checked(by_tag: Mapping[str, timedelta]) -> Mapping[str, timedelta]:
    for tag, interval in by_tag.items():
        if not SHORTEST <= interval <= LONGEST:
            raise ValidationFailed(f"The interval of {tag_of(tag)} must be from 1 second to 366 days.")
    return {tag_of(tag): by_tag[tag] for tag in sorted(by_tag)}


@frozen
class ExpectedIntervals:
    """How often devices with a tag are expected to show a sign of life. Raises `ValidationFailed`."""

    by_tag: Mapping[str, timedelta] = field(factory=dict, converter=_checked)

    def __bool__(self) -> bool:
        return bool(self.by_tag)

    def of(self, tags: Iterable[str]) -> timedelta | None:
        """The interval of a device with these tags, the longest of them; None without one: it is never overdue."""
        return max((self.by_tag[tag] for tag in tags if tag in self.by_tag), default=None)


NO_INTERVALS: Final = ExpectedIntervals()
"""No device is ever overdue."""


def overdue_at(last_seen: datetime | None, expected: timedelta | None) -> datetime | None:
    """The time from which a device is overdue, if it stays silent: after twice its interval and a grace.

    None without an interval, and for a device that was never seen: its state says so.
    """
    if last_seen is None or expected is None:
        return None
    return last_seen + 2 * expected + GRACE
