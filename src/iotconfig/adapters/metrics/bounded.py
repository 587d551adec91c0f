"""A question that may take long, and an answer that does not."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic
from typing import Final, Generic, TypeVar

from iotconfig.domain.errors import IotConfigError

T = TypeVar("T")

_FRESH: Final = 60.0
"""Seconds for which an earlier answer is better than none."""


class Bounded(Generic[T]):
    """Asks in a thread of its own, one at a time, and waits for so many seconds at most."""

    def __init__(self, ask: Callable[[], T], seconds: float = 2.0) -> None:
        self._ask = ask
        self._seconds = seconds
        self._lock = threading.Lock()
        self._answered: threading.Event | None = None
        self._latest: tuple[float, T] | None = None

    def get(self) -> T | None:
        """The answer; where it takes longer, one that is not too old; None without any, or where it was refused."""
        with self._lock:
            answered = self._answered
            if answered is None:
                answered = self._answered = threading.Event()
                threading.Thread(target=self._find, args=(answered,), name="metrics", daemon=True).start()
        answered.wait(self._seconds)
        latest = self._latest
        return latest[1] if latest is not None and monotonic() - latest[0] < _FRESH else None

    def _find(self, answered: threading.Event) -> None:
        try:
            self._latest = (monotonic(), self._ask())
        except IotConfigError:
            # The store has said why, in the log.
            self._latest = None
        finally:
            with self._lock:
                self._answered = None
            answered.set()
