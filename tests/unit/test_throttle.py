"""Failed sign-ins are counted for each source, with bounded memory."""

from __future__ import annotations

import pytest

from iotconfig.adapters import throttle as module
from iotconfig.adapters.throttle import MemoryThrottle


class _ManualClock:
    """A clock that a test advances."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> _ManualClock:
    return _ManualClock()


def test_a_source_may_fail_a_few_times_a_minute(seconds: _ManualClock) -> None:
    """Above the limit it is refused with the seconds to wait; other sources are not affected."""
    throttle = MemoryThrottle(3, seconds)

    assert [0, 0, 0] == [throttle.seconds_to_wait("a") for _ in range(3)]
    assert 60 == throttle.seconds_to_wait("a") == throttle.seconds_left("a")
    assert 0 == throttle.seconds_left("b") == throttle.seconds_to_wait("b")


def test_the_window_moves(seconds: _ManualClock) -> None:
    """Each failure expires after a minute; refused attempts do not count."""
    throttle = MemoryThrottle(2, seconds)
    throttle.seconds_to_wait("a")
    seconds.now += 30
    throttle.seconds_to_wait("a")

    assert [30, 30] == [throttle.seconds_to_wait("a") for _ in range(2)]
    seconds.now += 30
    assert 0 == throttle.seconds_to_wait("a")
    assert 30 == throttle.seconds_to_wait("a")


def test_a_check_is_not_counted(seconds: _ManualClock) -> None:
    """Checks alone never reach the limit."""
    throttle = MemoryThrottle(1, seconds)

    assert {0} == {throttle.seconds_left("a") for _ in range(5)}
    assert 0 == throttle.seconds_to_wait("a")


def test_the_number_of_sources_is_bounded(seconds: _ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit, the oldest source is evicted."""
    monkeypatch.setattr(module, "_SOURCES", 10)
    throttle = MemoryThrottle(1, seconds)
    for number in range(1000):
        throttle.seconds_to_wait(f"2001:db8:{number:x}::/64")

    assert 10 == len(throttle._failed_at)
    assert 60 == throttle.seconds_left("2001:db8:3e7::/64")
    assert 0 == throttle.seconds_left("2001:db8:0::/64")
