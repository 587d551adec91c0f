"""Opens streams of events, and limits their number."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

import falcon
from attrs import define, field

from iotconfig.adapters.http.access.callers import caller_of
from iotconfig.adapters.networks import Network
from iotconfig.domain.errors import TooManyRequests

from .feed import Feed
from .limits import DEFAULT_MOST
from .rights import Rights
from .stream import EventStream, Opened, Timing

_RETRY_AFTER: Final = 20


@define
class EventStreams:
    """The streams of one process."""

    feed: Feed
    most: int = DEFAULT_MOST
    """From this many streams on, further ones are refused."""
    timing: Timing = field(factory=Timing)
    on_count: Callable[[int], object] = field(default=lambda _count: None, repr=False)
    """Called with the number of open streams whenever it changes."""
    _of: Counter[str] = field(init=False, factory=Counter, repr=False)
    """Open streams of each caller."""
    _lock: threading.Lock = field(init=False, repr=False)

    @_lock.default
    def _new_lock(self) -> threading.Lock:
        # Looked up here: a worker patches threading after this module was imported.
        return threading.Lock()

    @property
    def share(self) -> int:
        """The streams that one caller may open."""
        return max(1, self.most // 4)

    def open(
        self,
        req: falcon.Request,
        cursor: int | None,
        check_rights: Callable[[], object],
        proxies: Sequence[Network],
    ) -> EventStream:
        """Open a stream for a request; the server closes it.

        cursor: the position up to which the client has read; None for the end of the log.
        check_rights: raises where the caller has lost its rights.
        proxies: networks of trusted proxies: their `X-Forwarded-For` is evaluated.

        Raises `TooManyRequests`, and `StoreUnavailable`.
        """
        caller = caller_of(req, proxies)
        self._enter(caller)
        try:
            opened = Opened(self.feed.changes.bounds(), cursor)
            self.feed.join()
        except BaseException:
            self._leave(caller)
            raise

        def leave() -> None:
            self.feed.leave()
            self._leave(caller)

        rights = Rights(check_rights, self.timing.rights)
        return EventStream(self.feed, rights, self.timing, opened, _departure_of(req), leave)

    def _enter(self, caller: str) -> None:
        with self._lock:
            if self._of.total() >= self.most:
                raise TooManyRequests(
                    f"{self.most} event streams are open in this worker, which is the limit: try again.",
                    _RETRY_AFTER,
                )
            if self._of[caller] >= self.share:
                raise TooManyRequests(
                    f"{self.share} of your event streams are open in this worker, which is the limit for one caller: "
                    "close some.",
                    _RETRY_AFTER,
                )
            self._of[caller] += 1
            self.on_count(self._of.total())

    def _leave(self, caller: str) -> None:
        with self._lock:
            self._of[caller] -= 1
            if not self._of[caller]:
                del self._of[caller]
            self.on_count(self._of.total())


def _departure_of(req: falcon.Request) -> Callable[[], bool]:
    """Tells whether the client has closed its connection, where the server knows; otherwise sending fails later."""
    has_left: Callable[[], bool] = getattr(req.env.get("gunicorn.socket"), "has_left", lambda: False)
    return has_left
