"""A question with a bounded wait: a slow answer does not delay the caller."""

from __future__ import annotations

from threading import Event

from iotconfig.adapters.metrics import Bounded
from iotconfig.domain.errors import StoreUnavailable
from iotconfig.testing.simultaneous import together
from tests.support.waiting import wait_until


def test_an_answer_is_returned() -> None:
    """Each call asks again."""
    numbers = iter(range(3))
    bounded = Bounded(lambda: next(numbers))

    assert [0, 1, 2] == [bounded.get() for _ in range(3)]


def test_a_slow_answer_is_not_awaited() -> None:
    """A second call does not ask again meanwhile; it gets the late answer of the first."""
    free, asked = Event(), []

    def ask() -> int:
        asked.append(1)
        free.wait(20)
        return len(asked)

    bounded = Bounded(ask, seconds=0.05)
    assert [None] * 4 == together(4, lambda _: bounded.get())
    assert [1] == asked
    free.set()
    wait_until(lambda: bounded.get() is not None, "it is answered")


def test_an_error_replaces_the_last_answer() -> None:
    """After an error, neither the error nor the answer before it is returned."""
    outcomes = iter([1, None, 3])

    def ask() -> int:
        if (outcome := next(outcomes)) is None:
            raise StoreUnavailable("away")
        return outcome

    bounded = Bounded(ask)
    assert [1, None, 3] == [bounded.get() for _ in range(3)]
