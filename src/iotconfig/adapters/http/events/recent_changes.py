"""The newest changes of the log, as events."""

from __future__ import annotations

from collections import deque
from itertools import islice
from threading import Lock
from typing import Final

from attrs import define, field, frozen

from iotconfig.domain.configs.change_log import ChangeLog, LoggedChange
from iotconfig.domain.configs.change_query import LogBounds

from .wire import event

_READ_AT_ONCE: Final = 200
"""Changes that are read, and sent, together."""

_KEPT: Final = 1000
"""The newest changes that are kept in memory. A stream that is farther behind reads the log itself."""


@frozen
class News:
    """What a stream is to send of changes."""

    blocks: bytes
    """Events, as they are sent."""
    position: int
    """The position that the stream has reached with them."""


LOST: Final = News(b"", -1)
"""A stream cannot go on: changes that it had not sent were pruned."""


@define
class RecentChanges:
    """The newest changes of the log. One thread follows it, and all streams read. Methods may raise an `IotConfigError`."""

    log: ChangeLog
    _recent: deque[bytes] = field(init=False, factory=lambda: deque(maxlen=_KEPT), repr=False)
    """Every change above `_floor`, up to the newest one that was read."""
    _floor: int = field(init=False, default=0)
    restorations: int = field(init=False, default=0)
    """How often an older backup of the database was put back meanwhile."""
    _lock: Lock = field(init=False, factory=Lock, repr=False)

    def bounds(self) -> LogBounds:
        """The bounds of the log now."""
        oldest = self.log.oldest_position()
        return LogBounds(self.log.newest_position(), oldest)

    def start(self) -> None:
        """Begin to follow the log at its end."""
        newest = self.log.newest_position()
        with self._lock:
            self._restart_at(newest)

    def follow(self) -> bool:
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
        return True

    def after(self, position: int) -> News:
        """The next changes above a position, without a block where there are none yet; `LOST` where some were pruned."""
        with self._lock:
            behind = position - self._floor
            if behind >= 0:
                recent = [*islice(self._recent, behind, behind + _READ_AT_ONCE)]
                return News(b"".join(recent), position + len(recent))
        page = self.log.changes_since(position, _READ_AT_ONCE)
        if self.log.oldest_position() > position + 1:
            return LOST
        return News(b"".join(map(_event_of, page)), page[-1].position if page else position)

    def _restart_at(self, position: int) -> None:
        self._recent.clear()
        self._floor = position


def _event_of(change: LoggedChange) -> bytes:
    return event("change", change, change.position)
