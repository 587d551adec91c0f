"""Failed sign-ins are counted for each source."""

from __future__ import annotations

from iotconfig.adapters.throttle import MemoryThrottle


def test_a_source_may_fail_a_few_times_a_minute() -> None:
    """Then it is told how long to wait, and others are not."""
    throttle = MemoryThrottle(3)

    assert [0, 0, 0] == [throttle.seconds_to_wait("a") for _ in range(3)]
    assert 1 <= throttle.seconds_to_wait("a") <= 60
    assert 0 == throttle.seconds_to_wait("b")
