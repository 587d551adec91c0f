"""Sightings of devices, written in the background."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from threading import Event, Lock, Thread
from time import monotonic, time
from typing import Final, Protocol, TypeVar

from attrs import define, field

from iotconfig.domain.devices.asking_boards import AskingBoards
from iotconfig.domain.devices.evidence import Evidence
from iotconfig.domain.devices.new_boards import NewBoard
from iotconfig.domain.devices.sightings import Sightings
from iotconfig.domain.errors import IotConfigError, ServiceClosed

from .clock import yield_turn

log = logging.getLogger(__name__)

_AT_ONCE: Final = 2000
"""Devices of one transaction: more than 10,000 that poll once a minute show one worker between two writes."""
_BEGINS: Final = 0.8
"""The share of the interval after which a write begins, so that it ends within the interval."""
_SOON: Final = 1.0
"""Seconds until a change of what a device holds is written."""


T = TypeVar("T")


class _Waiting(Protocol[T]):
    """What waits to be written."""

    @property
    def waiting(self) -> int: ...

    def take(self, limit: int) -> Sequence[T]: ...

    def put_back(self, items: Iterable[T], /) -> None: ...


@define
class SightingsWriter:
    """Writes each sighting of this process within an interval. A thread waits for the next write only while there is something to write.

    New boards are written with them. While the database is away, both wait, within their bounds.
    """

    _record: Callable[[Sequence[Evidence]], None]
    """Stores sightings; may raise an `IotConfigError`."""
    _interval: float
    """Seconds."""
    _record_boards: Callable[[Sequence[NewBoard]], None] | None = None
    """Stores boards that asked for a document and have none; may raise an `IotConfigError`. None: they are not stored."""
    _seconds: Callable[[], float] = monotonic
    """A clock that never goes back."""
    sightings: Sightings = field(init=False)
    asking_boards: AskingBoards = field(init=False)
    _has_change: Event = field(init=False, factory=Event)
    _is_closing: Event = field(init=False, factory=Event)
    _starting: Lock = field(init=False, factory=Lock)
    _writing: Lock = field(init=False, factory=Lock)
    _is_failing: bool = field(init=False, default=False)

    @sightings.default
    def _make_sightings(self) -> Sightings:
        return Sightings(time, self._notice)

    @asking_boards.default
    def _make_asking_boards(self) -> AskingBoards:
        return AskingBoards(partial(datetime.now, UTC), self._notice_board)

    def flush(self) -> bool:
        """Write what is waiting. Returns False where that failed, and it waits on."""
        with self._writing:
            is_written = self._write(self.sightings, self._record)
            if not is_written or self._record_boards is None:
                return is_written
            return self._write(self.asking_boards, self._record_boards)

    def _write(self, waiting: _Waiting[T], record: Callable[[Sequence[T]], None]) -> bool:
        # What comes meanwhile waits for the next write: a busy service would write all the time.
        for _ in range(0, waiting.waiting, _AT_ONCE):
            batch = waiting.take(_AT_ONCE)
            try:
                record(batch)
            except ServiceClosed:
                return True
            except IotConfigError as error:
                waiting.put_back(batch)
                self._log_failure(error)
                return False
            self._is_failing = False
            yield_turn()
        return True

    def close(self) -> None:
        """Write what is waiting, and stop."""
        self._is_closing.set()
        self._has_change.set()
        self.flush()

    def _notice(self, is_change: bool) -> None:  # noqa: FBT001 - the sightings call it
        if is_change:
            self._has_change.set()
        if self._is_first():
            Thread(target=self._run, name="sightings", daemon=True).start()

    def _notice_board(self) -> None:
        if not self.sightings.is_awaited:
            self._notice(False)

    def _run(self) -> None:
        shortest, pause = min(_SOON, self._interval), _BEGINS * self._interval
        while True:
            if self._has_change.wait(pause):
                self._is_closing.wait(shortest)
                self._has_change.clear()
            begun = self._seconds()
            self.flush()
            # What came during a long write has waited since then.
            pause = max(shortest, _BEGINS * self._interval - (self._seconds() - begun))
            self.sightings.is_awaited = False
            # A sighting since then has started another thread.
            waiting = self.sightings.waiting + self.asking_boards.waiting
            if self._is_closing.is_set() or not waiting or not self._is_first():
                return

    def _is_first(self) -> bool:
        """Whether no thread waits for the next write; the caller is to become it."""
        with self._starting:
            is_first = not self.sightings.is_awaited
            self.sightings.is_awaited = True
        return is_first

    def _log_failure(self, error: IotConfigError) -> None:
        """Log the first of several failures."""
        if not self._is_failing:
            log.warning("sightings of devices wait, because they cannot be stored: %s", error)
        self._is_failing = True
