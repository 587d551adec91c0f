"""The throttle of failed sign-ins."""

from __future__ import annotations

from typing import Protocol


class Throttle(Protocol):
    """Counts failed sign-ins for each source. It keeps a bounded number of sources, the latest ones."""

    def seconds_left(self, source: str) -> int:
        """Return how long `source` has to wait after too many failures; 0 without. Counts nothing."""
        ...

    def seconds_to_wait(self, source: str) -> int:
        """Count a failed sign-in from `source`. Returns how long it has to wait after too many of them; else 0.

        Successful sign-ins are not counted.
        """
        ...
