"""Reports that a job stores about itself, for processes on other machines."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from time import monotonic
from typing import Final, Generic, TypeVar

from attrs import define, field

from iotconfig.domain.errors import StoreFull, StoreUnavailable

FRESH: Final = timedelta(seconds=90)
"""The age from which a report is ignored: its job ended without removing it."""

Report = TypeVar("Report")

_INTERVAL: Final = 30.0
_RETRY: Final = 5.0


@define
class Heartbeat(Generic[Report]):
    """Stores the reports of one job: at each change, and periodically, so that they stay fresh."""

    _put: Callable[[Report], None]
    """Stores a report. May raise `StoreUnavailable` and `StoreFull`."""
    _monotonic: Callable[[], float] = monotonic
    _stored: Report | None = field(init=False, default=None)
    _due_at: float = field(init=False, default=0.0)

    def beat(self, report: Report) -> None:
        """Store the report if one is due. Where the store is away, try again a few seconds later."""
        now = self._monotonic()
        if now < self._due_at and (report == self._stored or self._stored is None):
            return
        self._stored, self._due_at = None, now + _RETRY
        try:
            self._put(report)
        except (StoreUnavailable, StoreFull):
            # The job has logged it already.
            return
        self._stored, self._due_at = report, now + _INTERVAL
