"""Turns for a worker's other requests during long statements of SQLite.

Under gevent, a statement that reads a million rows would block every other request of its worker.
SQLite calls a progress handler meanwhile, which lets other greenlets run. That is safe in a write
transaction, too: other writers of the process wait for its lock, and readers need none.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Final

from attrs import define

YieldTurn = Callable[[], None]
"""Lets other greenlets run, if the last turn was a while ago."""

_INSTRUCTIONS: Final = 1000
"""Instructions of SQLite's virtual machine between two calls of the handler: some 20 µs."""


class SharingConnection(sqlite3.Connection):
    """A connection whose long statements let other greenlets run."""

    _turns: _PeriodicYield | None = None

    def yield_turns_by(self, yield_turn: YieldTurn) -> None:
        """Call `yield_turn` periodically while a statement runs."""
        self._turns = _PeriodicYield(yield_turn)
        self.set_progress_handler(self._turns.look, _INSTRUCTIONS)

    def raise_interruption(self) -> None:
        """Raise the exception of a turn, such as a time-out; SQLite itself reports an interruption only."""
        if self._turns is not None and self._turns.interruption is not None:
            interruption, self._turns.interruption = self._turns.interruption, None
            raise interruption


@define
class _PeriodicYield:
    _yield_turn: YieldTurn
    interruption: BaseException | None = None

    def look(self) -> int:
        try:
            self._yield_turn()
        except BaseException as error:  # noqa: BLE001 - `raise_interruption` raises it again
            self.interruption = error
            return 1
        return 0
