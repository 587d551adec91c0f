"""Failed sign-ins are counted for each source, and what is remembered of them is bounded."""

from __future__ import annotations

import pytest

from iotconfig.adapters import throttle as module
from iotconfig.adapters.throttle import MemoryThrottle


class _Seconds:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> _Seconds:
    return _Seconds()


def test_a_source_may_fail_a_few_times_a_minute(seconds: _Seconds) -> None:
    """Then it is told how long to wait, and others are not."""
    throttle = MemoryThrottle(3, seconds)

    assert [0, 0, 0] == [throttle.seconds_to_wait("a") for _ in range(3)]
    assert 60 == throttle.seconds_to_wait("a") == throttle.seconds_left("a")
    assert 0 == throttle.seconds_left("b") == throttle.seconds_to_wait("b")


def test_the_window_moves(seconds: _Seconds) -> None:
    """Each failure is forgotten a minute after it was; those in vain are not counted."""
    throttle = MemoryThrottle(2, seconds)
    throttle.seconds_to_wait("a")
    seconds.now += 30
    throttle.seconds_to_wait("a")

    assert [30, 30] == [throttle.seconds_to_wait("a") for _ in range(2)]
    seconds.now += 30
    assert 0 == throttle.seconds_to_wait("a")
    assert 30 == throttle.seconds_to_wait("a")


def test_to_look_counts_nothing(seconds: _Seconds) -> None:
    """However often."""
    throttle = MemoryThrottle(1, seconds)

    assert {0} == {throttle.seconds_left("a") for _ in range(5)}
    assert 0 == throttle.seconds_to_wait("a")


def test_what_is_remembered_is_bounded(seconds: _Seconds, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has many addresses makes the oldest be forgotten, and nothing grow."""
    monkeypatch.setattr(module, "_SOURCES", 10)
    throttle = MemoryThrottle(1, seconds)
    for number in range(1000):
        throttle.seconds_to_wait(f"2001:db8:{number:x}::/64")

    assert 10 == len(throttle._failed_at)
    assert 60 == throttle.seconds_left("2001:db8:3e7::/64")
    assert 0 == throttle.seconds_left("2001:db8:0::/64")
