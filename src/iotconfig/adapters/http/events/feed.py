"""The change log, followed once for all streams of a process."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import islice
from threading import Lock, Thread
from typing import Final

from attrs import define, field, frozen

from iotconfig.domain.configs.change_log import ChangeLog, LoggedChange
from iotconfig.domain.configs.change_query import LogBounds
from iotconfig.domain.errors import IotConfigError, ServiceClosed
from iotconfig.domain.jobs.ports import Wakeup

from .signal import Signal
from .wire import event

log = logging.getLogger(__name__)

_READ_AT_ONCE: Final = 200
"""Changes that are read, and sent, together."""

_KEPT: Final = 1000
"""The newest changes that are kept in memory. A stream that is farther behind reads the log itself."""

_LOOKED_EVERY: Final = 1.0
"""Seconds between two looks at the log, where no commit wakes it."""

_PAUSE: Final = 0.02
"""Seconds between two reads. Changes of a busy moment are read together."""


@frozen
class News:
    """What a stream is to send."""

    blocks: bytes
    """Events, as they are sent."""
    position: int
    """The position that the stream has reached with them."""


LOST: Final = News(b"", -1)
"""A stream cannot go on: changes that it had not sent were pruned."""


@define
class ChangeFeed:
    """Follows the change log while there are streams, and keeps its newest changes as events.

    The followed log, and what streams read by themselves, need a connection of the pool for each read only. One
    `Wakeup` of the process has a connection of its own.
    """

    log: ChangeLog
    _make_wakeup: Callable[[], Wakeup]
    signal: Signal = field(factory=Signal)
    _recent: deque[bytes] = field(init=False, factory=lambda: deque(maxlen=_KEPT), repr=False)
    """Every change above `_floor`, up to the newest one that was read."""
    _floor: int = field(init=False, default=0)
    restorations: int = field(init=False, default=0)
    """How often an older backup of the database was put back meanwhile."""
    _streams: int = field(init=False, default=0)
    _is_running: bool = field(init=False, default=False)
    _is_failing: bool = field(init=False, default=False)
    _lock: Lock = field(init=False, repr=False)

    @_lock.default
    def _new_lock(self) -> Lock:
        return Lock()

    def bounds(self) -> LogBounds:
        """The bounds of the log now. May raise an `IotConfigError`."""
        oldest = self.log.oldest_position()
        return LogBounds(self.log.newest_position(), oldest)

    def join(self) -> None:
        """Follow the log for one more stream, which calls `leave`."""
        with self._lock:
            self._streams += 1
            if self._is_running:
                return
            self._is_running = True
        Thread(target=self._run, name="change-feed", daemon=True).start()

    def leave(self) -> None:
        """Stop following the log for one stream."""
        with self._lock:
            self._streams -= 1

    def after(self, position: int) -> News:
        """The next changes above a position, without a block where there are none yet; `LOST` where some were pruned.

        May raise an `IotConfigError`.
        """
        with self._lock:
            behind = position - self._floor
            if behind >= 0:
                recent = [*islice(self._recent, behind, behind + _READ_AT_ONCE)]
                return News(b"".join(recent), position + len(recent))
        return self._read(position)

    def _read(self, position: int) -> News:
        page = self.log.changes_since(position, _READ_AT_ONCE)
        if self.log.oldest_position() > position + 1:
            return LOST
        return News(b"".join(map(_event_of, page)), page[-1].position if page else position)

    def _run(self) -> None:
        with closing(self._make_wakeup()) as wakeup:
            self._start_at_end()
            while self._goes_on():
                with self._logging_failures():
                    if not self._follow():
                        wakeup.wait(_LOOKED_EVERY)
                        continue
                time.sleep(_PAUSE)

    def _goes_on(self) -> bool:
        with self._lock:
            self._is_running = self._streams > 0 and not self.signal.is_over
            return self._is_running

    def _start_at_end(self) -> None:
        with self._logging_failures():
            newest = self.log.newest_position()
            with self._lock:
                self._restart_at(newest)

    def _follow(self) -> bool:
        """Read what is new. Returns False where nothing is."""
        position = self._floor + len(self._recent)
        page = self.log.changes_since(position, _READ_AT_ONCE)
        newest = position if page else self.log.newest_position()
        if not page and newest >= position:
            return False
        with self._lock:
            if not page:
                self.restorations += 1
                self._restart_at(newest)
            elif page[0].position > position + 1:
                self._restart_at(page[0].position - 1)
            for change in page:
                self._floor += len(self._recent) == _KEPT
                self._recent.append(_event_of(change))
        self.signal.give()
        return True

    def _restart_at(self, position: int) -> None:
        self._recent.clear()
        self._floor = position

    @contextmanager
    def _logging_failures(self) -> Iterator[None]:
        """Log the first of several failures of the database, and wait."""
        try:
            yield
        except ServiceClosed:
            self.signal.end()
        except IotConfigError as error:
            if not self._is_failing:
                log.warning("event streams wait, because the change log cannot be read: %s", error)
            self._is_failing = True
            time.sleep(_LOOKED_EVERY)
        except Exception:
            log.exception("the change log cannot be followed")
            time.sleep(_LOOKED_EVERY)
        else:
            self._is_failing = False


def _event_of(change: LoggedChange) -> bytes:
    return event("change", change, change.position)
