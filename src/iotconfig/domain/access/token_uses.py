"""The time of each token's last use, stored at most once a minute, outside of requests, by one writer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

from attrs import define, field

from iotconfig.domain.errors import IotConfigError

RECORDED_EVERY: Final = timedelta(minutes=1)

InBackground = Callable[[Callable[[], None]], None]
"""Runs some work soon, outside of the request that it comes from."""


def at_once(work: Callable[[], None]) -> None:
    """`InBackground` for programs without requests: run the work now."""
    work()


@define
class TokenUses:
    """Stores uses of tokens without delaying the requests that use them.

    One writer serves all tokens, so a slow store costs at most one connection.
    """

    _write: Callable[[str, datetime], None]
    """Stores a use; may raise an `IotConfigError`."""
    _in_background: InBackground
    _attempted: dict[str, datetime] = field(init=False, factory=dict)
    _waiting: dict[str, datetime] = field(init=False, factory=dict)
    _is_writing: bool = field(init=False, default=False)
    _lock: Lock = field(init=False, factory=Lock)

    def record(self, key: str, recorded: datetime | None, now: datetime) -> None:
        """Store the use of a token at `now`, unless that was attempted within the last minute.

        `recorded`: the stored time.
        """
        if _is_recent(recorded, now) or _is_recent(self._attempted.get(key), now):
            return
        with self._lock:
            self._attempted[key] = self._waiting[key] = now
            if self._is_writing:
                return
            self._is_writing = True
        self._in_background(self._write_waiting)

    def _write_waiting(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._is_writing = False
                    return
                key, at = self._waiting.popitem()
            try:
                self._write(key, at)
            except IotConfigError:
                # The next use after a minute tries again.
                continue


def _is_recent(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and now - moment < RECORDED_EVERY
