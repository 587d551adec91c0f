"""Evidence of requests at one moment, stored in one transaction."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Final

from attrs import define, field, frozen

from iotconfig.domain.devices.evidence import Evidence
from iotconfig.domain.errors import IotConfigError, StoreUnavailable

AT_ONCE: Final = 500
"""Callers whose evidence is stored in one transaction."""


@define
class _Waiting:
    """The evidence of one caller."""

    batch: Sequence[Evidence]
    is_done: bool = False
    error: IotConfigError | None = None


@frozen
class GroupedWrites:
    """Stores the evidence of all callers that wait while another write runs in one transaction; each returns when its own is stored.

    After a change to a whole fleet, its devices report within seconds. One transaction for each report
    would keep all of them waiting for the disk, until their time is up.
    """

    _store: Callable[[Sequence[Evidence]], None]
    """May raise an `IotConfigError`, which all callers of the group get."""
    _waiting: deque[_Waiting] = field(init=False, factory=deque)
    _storing: Lock = field(init=False, factory=Lock)

    def write(self, batch: Sequence[Evidence]) -> None:
        """Store evidence. Raises what storing it raises."""
        own = _Waiting(batch)
        self._waiting.append(own)
        with self._storing:
            while not own.is_done:
                self._store_first()
        if own.error is not None:
            raise own.error

    def _store_first(self) -> None:
        """Store what has waited for longest."""
        group = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
        # In case that the caller who stores for the others is stopped meanwhile.
        error: IotConfigError | None = StoreUnavailable("Storing was interrupted.")
        try:
            self._store([evidence for each in group for evidence in each.batch])
            error = None
        except IotConfigError as raised:
            error = raised
        finally:
            for each in group:
                each.error, each.is_done = error, True
