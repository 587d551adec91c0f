"""One stream of events."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Final, Self

from attrs import define, field, frozen

from iotconfig.adapters.codec import answer
from iotconfig.domain.configs.change_query import LogBounds
from iotconfig.domain.errors import IotConfigError

from .feed import Feed
from .recent_changes import LOST
from .rights import Rights
from .wire import COMMENT, event, retry

_TRIED_EVERY: Final = 1.0
"""Seconds between two attempts to read the log while the database is away."""


@frozen
class Timing:
    """Times of a stream, in seconds."""

    comment: float = 20.0
    """From one line to the next, at most."""
    rights: float = 60.0
    """From one check of the caller's rights to the next."""
    presence: float = 2.0
    """From one look at the connection to the next: whether the client is still there."""
    retry_from: float = 1.0
    retry_to: float = 5.0
    """The shortest and the longest wait of a client whose connection ended; each gets one by chance."""

    def retry(self) -> bytes:
        """Tell a client when to open another connection."""
        return retry(random.uniform(self.retry_from, self.retry_to))  # noqa: S311 - it spreads clients


@answer
@frozen
class LogPositions:
    """The data of the events `hello` and `reset`."""

    position: int
    oldest: int

    @classmethod
    def of(cls, bounds: LogBounds) -> Self:
        """The data about these bounds."""
        return cls(bounds.position, bounds.oldest)


@frozen
class Opened:
    """The beginning of a stream."""

    bounds: LogBounds
    """The log at that moment."""
    cursor: int | None
    """The position up to which the client has read; None for the end of the log."""


@define(eq=False)
class EventStream:
    """The blocks of one answer. The server reads them one by one, and closes the stream at the end of the connection."""

    _feed: Feed
    _rights: Rights
    _timing: Timing
    _opened: Opened
    _has_left: Callable[[], bool]
    """Whether the client has closed the connection."""
    _leave: Callable[[], None]
    """Called once, at the end."""
    _position: int = field(init=False, default=0)
    _restorations: int = field(init=False, default=0)
    _snapshots: int = field(init=False, default=0)
    """How many snapshots of devices are behind this stream."""
    _comment_at: float = field(init=False, default=0.0)
    _blocks: Iterator[bytes] = field(init=False, repr=False)
    _is_closed: bool = field(init=False, default=False)

    @_blocks.default
    def _make_blocks(self) -> Iterator[bytes]:
        return self._run()

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        block = next(self._blocks)
        self._comment_at = monotonic() + self._timing.comment
        return block

    def close(self) -> None:
        """End the stream, which makes room for another. Closing it again does nothing."""
        if not self._is_closed:
            self._is_closed = True
            self._leave()

    def __del__(self) -> None:
        # A server that never began to send does not close it.
        self.close()

    def _run(self) -> Iterator[bytes]:
        yield self._begin()
        signal = self._feed.signal
        while not self._has_left():
            seen = signal.count
            if signal.is_over or self._rights.are_lost():
                yield self._timing.retry()
                return
            # Nothing is sent before the rights are confirmed again.
            if self._rights.are_confirmed and (block := self._news()):
                yield block
            elif monotonic() >= self._comment_at:
                yield COMMENT
            else:
                until = min(self._comment_at, self._rights.checked_at) - monotonic()
                signal.wait(seen, min(until, self._timing.presence))

    def _begin(self) -> bytes:
        bounds, cursor = self._opened.bounds, self._opened.cursor
        self._restorations = self._feed.changes.restorations
        self._snapshots = self._feed.devices.count
        hello = self._timing.retry() + event("hello", LogPositions.of(bounds))
        if cursor is None or bounds.holds(cursor):
            self._position = bounds.position if cursor is None else cursor
            return hello
        return hello + self._reset(bounds)

    def _reset(self, bounds: LogBounds) -> bytes:
        """Go on at the end of the log: the client has to read its lists again."""
        self._position = bounds.position
        return event("reset", LogPositions.of(bounds))

    def _news(self) -> bytes:
        """The next events; empty where there are none yet."""
        try:
            return self._new_changes() or self._new_snapshots()
        except IotConfigError:
            self._feed.signal.wait(self._feed.signal.count, _TRIED_EVERY)
            return b""

    def _new_changes(self) -> bytes:
        changes = self._feed.changes
        restorations = changes.restorations
        news = changes.after(self._position) if self._restorations == restorations else LOST
        if news is LOST:
            block = self._reset(changes.bounds())
            self._restorations = restorations
            return block
        self._position = news.position
        return news.blocks

    def _new_snapshots(self) -> bytes:
        found = self._feed.devices.after(self._snapshots)
        if found is None:
            self._snapshots = self._feed.devices.count
            return event("reset", LogPositions.of(self._feed.changes.bounds()))
        block, self._snapshots = found
        return block
