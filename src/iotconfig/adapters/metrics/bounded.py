"""A bounded wait for a function that may take long."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic
from typing import Final, Generic, TypeVar

from iotconfig.domain.errors import IotConfigError

T = TypeVar("T")

_FRESH: Final = 60.0
"""The age in seconds up to which an earlier result is returned."""


class Bounded(Generic[T]):
    """Calls a function in a separate thread, one call at a time, and waits for a bounded time."""

    def __init__(self, ask: Callable[[], T], seconds: float = 2.0) -> None:
        self._ask = ask
        self._seconds = seconds
        self._lock = threading.Lock()
        self._answered: threading.Event | None = None
        self._latest: tuple[float, T] | None = None

    def get(self) -> T | None:
        """Return the result; if that takes too long, a recent earlier one; None without one or after an error."""
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
            # The store has logged the reason.
            self._latest = None
        finally:
            with self._lock:
                self._answered = None
            answered.set()
