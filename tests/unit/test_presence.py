"""Presence: when an `offline` counts."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from iotconfig.domain.devices.presence import GRACE, Presence
from iotconfig.testing.clocks import START

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
