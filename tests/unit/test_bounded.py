"""A question that takes long keeps nobody waiting."""

from __future__ import annotations

from threading import Event

from iotconfig.adapters.metrics import Bounded
from iotconfig.domain.errors import StoreUnavailable
from iotconfig.testing.simultaneous import together
from tests.support.waiting import wait_until


def test_an_answer_is_given() -> None:
    """Each time anew."""
    numbers = iter(range(3))
    bounded = Bounded(lambda: next(numbers))

    assert [0, 1, 2] == [bounded.get() for _ in range(3)]


def test_what_takes_too_long_is_not_waited_for() -> None:
    """Nobody asks a second time meanwhile; the answer that comes late is the next one's."""
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


def test_a_refusal_is_no_answer() -> None:
    """Nor is the answer before it: it is known to be wrong by now."""
    outcomes = iter([1, None, 3])

    def ask() -> int:
        if (outcome := next(outcomes)) is None:
            raise StoreUnavailable("away")
        return outcome

    bounded = Bounded(ask)
    assert [1, None, 3] == [bounded.get() for _ in range(3)]
