"""Watching the states of devices: which of them have changed since the last look, whichever worker or machine wrote that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic
from typing import Final

from attrs import define, field

from iotconfig.domain.mac import MacAddress

from .ports import EvidenceStore

_LATE: Final = 5.0
"""Seconds for which changes may appear behind later ones: a write takes less."""
_AT_ONCE: Final = 1000
_MOST_REMEMBERED: Final = 10_000
"""Changes within `_LATE`; if there are more, late ones are missed."""


@define
class StateWatch:
    """Finds the devices whose states have changed since the watch was made. Used by one thread at a time."""

    _evidence: EvidenceStore
    _monotonic: Callable[[], float] = monotonic
    _floor: int = field(init=False)
    """All changes up to this id were seen."""
    _seen: dict[int, float] = field(init=False, factory=dict)
    """The times at which changes above it were seen first."""

    @_floor.default
    def _start(self) -> int:
        return self._evidence.newest_change()

    def look(self) -> Sequence[MacAddress]:
        """Return the devices with new changes, each once. Raises `StoreUnavailable`."""
        now = self._monotonic()
        found: dict[MacAddress, None] = {}
        after = self._floor
        while True:
            page = self._evidence.changes_after(after, _AT_ONCE)
            for change_id, mac_address in page:
                if change_id not in self._seen:
                    self._seen[change_id] = now
                    found[mac_address] = None
            if len(page) < _AT_ONCE:
                break
            after = page[-1][0]
        self._forget(now)
        return [*found]

    def _forget(self, now: float) -> None:
        """Go on above the changes that were seen a while ago."""
        surplus = len(self._seen) - _MOST_REMEMBERED
        for place, change_id in enumerate(sorted(self._seen)):
            if place >= surplus and now - self._seen[change_id] < _LATE:
                return
            self._floor = change_id
            del self._seen[change_id]
