"""The clock of the core."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Reads the current time."""

    def __call__(self) -> datetime:
        """Now: aware, in UTC, with microseconds at most."""
        ...
