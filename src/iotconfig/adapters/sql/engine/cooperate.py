"""Turns for the worker's other requests while SQLite works.

It waits for nothing, so under gevent a statement that reads a million rows would
hold up every other request of its worker. SQLite calls back while it works, and
there another greenlet may go on: also in a write transaction, since other writers
of the process wait for its lock, and readers need none.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Final

from attrs import define

YieldTurn = Callable[[], None]
"""Lets others go on that can, where it is time."""

_INSTRUCTIONS: Final = 1000
"""Instructions of SQLite's virtual machine between two calls: some 20 µs."""


class SharingConnection(sqlite3.Connection):
    """A connection whose long statements give turns to others."""

    _turns: _Turns | None = None

    def give_turns(self, pause: YieldTurn) -> None:
        """Call `pause` now and then while a statement runs."""
        self._turns = _Turns(pause)
        self.set_progress_handler(self._turns.look, _INSTRUCTIONS)

    def raise_interruption(self) -> None:
        """Raise what was raised in a turn, such as a time-out: of SQLite, one only learns that it was interrupted."""
        if self._turns is not None and self._turns.interruption is not None:
            interruption, self._turns.interruption = self._turns.interruption, None
            raise interruption


@define
class _Turns:
    _pause: YieldTurn
    interruption: BaseException | None = None

    def look(self) -> int:
        try:
            self._pause()
        except BaseException as error:  # noqa: BLE001 - it is raised again where the statement was executed
            self.interruption = error
            return 1
        return 0
