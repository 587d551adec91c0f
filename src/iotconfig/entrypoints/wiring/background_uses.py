"""Uses of tokens, stored in the background."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from threading import Lock, Thread

from attrs import define, field

from iotconfig.domain.errors import IotConfigError


def _in_thread(work: Callable[[], None]) -> None:
    Thread(target=work, name="token-uses", daemon=True).start()


@define
class BackgroundUses:
    """`RecordUse` that does not delay the requests that use tokens.

    One writer serves all tokens, so a slow store costs at most one connection.
    """

    _write: Callable[[str, datetime], None]
    """Stores a use; may raise an `IotConfigError`."""
    _start: Callable[[Callable[[], None]], None] = _in_thread
    """Runs the writer outside of the request."""
    _waiting: dict[str, datetime] = field(init=False, factory=dict)
    _is_writing: bool = field(init=False, default=False)
    _lock: Lock = field(init=False, factory=Lock)

    def __call__(self, key: str, at: datetime) -> None:
        """Store the time of a token's last use soon; only the newest of each token."""
        with self._lock:
            self._waiting[key] = at
            if self._is_writing:
                return
            self._is_writing = True
        self._start(self._write_waiting)

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
