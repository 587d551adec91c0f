"""`Wakeup` in memory."""

from __future__ import annotations

import time
from typing import Final

from .state import Committed, State

_POLL: Final = 0.01
"""Seconds between two looks."""


class MemoryWakeup:
    """`Wakeup` by looking whether the committed state is another one."""

    def __init__(self, committed: Committed) -> None:
        self._committed = committed
        self._seen: State | None = None

    def wait(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            state = self._committed.state
            if state is not self._seen:
                self._seen = state
                return True
            time.sleep(min(left, _POLL))
        return False

    def close(self) -> None:
        """Do nothing: it has no connection."""
