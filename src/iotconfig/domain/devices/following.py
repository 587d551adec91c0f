"""Stored states that follow the change log: writers of configs do not write the states of devices."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol

from attrs import define, field, frozen

from iotconfig.domain.clock import Clock
from iotconfig.domain.configs.change_log import ChangeLog
from iotconfig.domain.errors import IotConfigError
from iotconfig.domain.jobs.ports import Lease, Wait
from iotconfig.domain.mac import MacAddress

log = logging.getLogger(__name__)

AT_ONCE: Final = 500
"""Changes, and devices, of one step. On SQLite, other writers wait for it."""
_BETWEEN: Final = 0.02
"""Seconds between two steps: other processes try every few milliseconds whether SQLite lets them write."""
_PAUSE: Final = 1.0
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
    """The stored states of the devices of a store. All methods may raise `StoreUnavailable`, those that write `StoreFull`."""

    def progress(self) -> Progress | None:
        """Return how far the states are; None where they have to be made anew: there are none, or other intervals are expected."""
        ...

    def restart(self) -> None:
        """Follow the log from its newest change on, and go through all devices once."""
        ...

    def unswept(self, after: str, limit: int) -> Sequence[MacAddress]:
        """Return up to `limit` MAC addresses after this one that have or had a document, sorted."""
        ...

    def silent(self, now: datetime, limit: int) -> Sequence[MacAddress]:
        """Return up to `limit` devices that may have become overdue."""
        ...

    def refresh(self, mac_addresses: Sequence[MacAddress], now: datetime, progress: Progress | None) -> None:
        """Store the states that these devices have now, and with them the progress, if given, in one transaction.

        Evidence that is written at the same time is not lost: the one that is written last has seen the other.
        """
        ...

    def compact(self) -> None:
        """Add the counts up, where reading them begins to take long."""
        ...


def follow(log: ChangeLog, states: DeviceStates, now: datetime) -> bool:
    """Bring the stored states up to date with one batch of changes. Returns whether there is more to do at once."""
    progress = states.progress()
    if progress is None:
        states.restart()
        return True
    changes = log.changes_since(progress.position, AT_ONCE)
    if changes and changes[0].position > progress.position + 1:
        # Changes were pruned before they were followed.
        states.restart()
        return True
    swept = () if progress.swept_to is None else states.unswept(progress.swept_to, AT_ONCE)
    reached = Progress(
        changes[-1].position if changes else progress.position, str(swept[-1]) if swept else None
    )
    changed = [MacAddress(change.subject.key) for change in changes]
    silent = states.silent(now, AT_ONCE)
    if silent or reached != progress:
        states.refresh([*changed, *swept, *silent], now, reached)
    return reached.swept_to is not None or AT_ONCE in (len(changes), len(silent))


def catch_up(log: ChangeLog, states: DeviceStates, now: datetime) -> None:
    """Bring the stored states up to date with every change that was committed before the call."""
    while follow(log, states, now):
        pass


@define
class StateFollower:
    """The job that keeps the stored states up to date. Any number may run; the lease makes one of them active."""

    _log: ChangeLog
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
            has_more = follow(self._log, self._states, self._clock())
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
