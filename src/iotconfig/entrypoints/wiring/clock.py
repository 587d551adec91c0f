"""The system clock, and cooperative yielding."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic, sleep
from typing import Final

_BETWEEN_TURNS: Final = 0.005
"""Seconds."""


def utc_now() -> datetime:
    """`Clock` of the system."""
    return datetime.now(UTC)


class TurnYielder:
    """Yields to other requests of the thread, at most every 5 ms. Other calls only read the clock.

    Work differs: a hundred small configs are read in a millisecond, a hundred large ones in seconds.
    """

    def __init__(
        self, monotonic: Callable[[], float] = monotonic, sleep: Callable[[float], None] = sleep
    ) -> None:
        self._monotonic = monotonic
        self._sleep = sleep
        self._next = 0.0

    def __call__(self) -> None:
        if self._monotonic() < self._next:
            return
        # Not zero: gevent would then resume up to fifty times before it polls its sockets, and
        # other requests waited for 700 ms beside an upload of 64 MB (measured).
        self._sleep(1e-6)
        self._next = self._monotonic() + _BETWEEN_TURNS


yield_turn: Final = TurnYielder()
"""The yielding of this process."""


def is_thread_shared() -> bool:
    """Whether requests share a thread (under gevent), so that each delays the others while it computes."""
    monkey = sys.modules.get("gevent.monkey")
    return monkey is not None and bool(monkey.is_module_patched("time"))
