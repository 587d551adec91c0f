"""The throttle of failed sign-ins, and of other attempts."""

from __future__ import annotations

from typing import Protocol


class Throttle(Protocol):
    """Counts attempts, such as failed sign-ins, for each source. It keeps a bounded number of sources, the latest ones."""

    def seconds_left(self, source: str) -> int:
        """Return how many seconds `source` has to wait after too many attempts; 0 without. Counts nothing."""
        ...

    def seconds_to_wait(self, source: str) -> int:
        """Count an attempt of `source`. Returns how many seconds it has to wait after too many of them; else 0."""
        ...
