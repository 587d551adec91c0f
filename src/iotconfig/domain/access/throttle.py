"""Slowing down failed sign-ins."""

from __future__ import annotations

from typing import Protocol


class Throttle(Protocol):
    """Slows those down who fail to sign in. It remembers a bounded number of sources, the latest."""

    def seconds_left(self, source: str) -> int:
        """How long `source` is to wait, where it failed too often; 0 where it did not. Nothing is counted."""
        ...

    def seconds_to_wait(self, source: str) -> int:
        """Count a failed sign-in from `source`: 0, or how long it is to wait, where it failed too often.

        Who signs in well is never counted, however often.
        """
        ...
