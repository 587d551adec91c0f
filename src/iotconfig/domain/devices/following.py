"""Stored states that follow the change log: writers of configs do not write the states of devices."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Final, Protocol

from attrs import define, field, frozen

from iotconfig.domain.clock import Clock
from iotconfig.domain.errors import IotConfigError
from iotconfig.domain.jobs.ports import Lease, Wait

log = logging.getLogger(__name__)

AT_ONCE: Final = 1000
"""Changes, and devices, of one transaction. Writers of evidence wait for it; on SQLite, all writers do."""
_BETWEEN: Final = 0.01
"""Seconds between two steps: other processes try at least every 8 ms whether SQLite lets them write."""
_PAUSE: Final = 0.5
"""Seconds between two looks at the log."""
_STANDBY: Final = 1.0
_STEPS_PER_COMPACTION: Final = 30


@frozen
class Progress:
    """How far the stored states follow the change log."""

    position: int
    """The position of the last change that they follow."""
    swept_to: str | None
    """All devices are gone through once, as far as this MAC address; empty at the start, None when that is done."""


class DeviceStates(Protocol):
    """The stored states of the devices of a store. All methods may raise `StoreUnavailable`, those that write `StoreFull`.

    Each write is one transaction, of the states and of the progress. Evidence that is written at the same time is not
    lost: the one that is written last has seen the other.
    """

    def progress(self) -> Progress | None:
        """Return how far the states are; None where they have to be made anew: there are none, or other intervals are expected."""
        ...

    def restart(self) -> None:
        """Follow the log from its newest change on, and go through all devices once."""
        ...

    def follow(self, progress: Progress, limit: int, now: datetime) -> Progress | None:
        """Store the states of the devices of the next changes, up to `limit`; return the progress then.

        None, and nothing is stored, where changes after `progress` were pruned from the log.
        """
        ...

    def sweep(self, progress: Progress, limit: int, now: datetime) -> Progress:
        """Store the states of the next MAC addresses that have or had a document, up to `limit`; return the progress then."""
        ...

    def expire(self, limit: int, now: datetime) -> int:
        """Store the states of devices that may have become overdue, up to `limit`; return their number."""
        ...

    def compact(self) -> None:
        """Add the counts up, where reading them begins to take long."""
        ...


def follow(states: DeviceStates, now: datetime) -> bool:
    """Bring the stored states up to date with one batch of changes. Returns whether there is more to do at once."""
    progress = states.progress()
    followed = None if progress is None else states.follow(progress, AT_ONCE, now)
    if progress is None or followed is None:
        states.restart()
        return True
    # Positions are without gaps.
    has_more = followed.position - progress.position == AT_ONCE
    if followed.swept_to is not None:
        has_more = states.sweep(followed, AT_ONCE, now).swept_to is not None or has_more
    return states.expire(AT_ONCE, now) == AT_ONCE or has_more


def catch_up(states: DeviceStates, now: datetime) -> None:
    """Bring the stored states up to date with every change that was committed before the call."""
    while follow(states, now):
        pass


@define
class StateFollower:
    """The job that keeps the stored states up to date. Any number may run; the lease makes one of them active."""

    _states: DeviceStates
    _lease: Lease
    _clock: Clock
    _steps: int = field(init=False, default=0)
    _is_failing: bool = field(init=False, default=False)

    def run_once(self) -> Wait:
        """Follow one batch of changes, and return the wait before the next."""
        if not self._lease.hold():
            return Wait(_STANDBY)
        try:
            has_more = follow(self._states, self._clock())
            self._steps += 1
            if self._steps % _STEPS_PER_COMPACTION == 0:
                self._states.compact()
        except IotConfigError as error:
            if not self._is_failing:
                log.warning("states: %s", error)
            self._is_failing = True
            return Wait(_STANDBY)
        self._is_failing = False
        return Wait(_BETWEEN if has_more else _PAUSE)

    def close(self) -> None:
        """Release the lease, so that the next one takes over at once."""
        self._lease.release()
