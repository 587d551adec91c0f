"""What one worker has seen of boards without a document since it last wrote it down."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Final

from attrs import define, evolve, field

from iotconfig.domain.clock import Clock
from iotconfig.domain.mac import MacAddress

from .new_boards import MAX_BOARDS, NewBoard, kept

_MOST_WAITING: Final = 2 * MAX_BOARDS
"""Above this, those that `kept` leaves out are forgotten: not at each request, since sorting takes 2 ms."""


@define
class AskingBoards:
    """Boards that asked for a document that they do not have, until `take` returns them. Bounded, as the stored ones are.

    Former devices are among them: only the store knows. Threads and greenlets may share it.
    """

    _clock: Clock
    _notice: Callable[[], None]
    """Called at each request."""
    _waiting: dict[MacAddress, NewBoard] = field(init=False, factory=dict, repr=False)

    def see(self, mac_address: MacAddress, source: str, network: str) -> None:
        """A board asked for its document, and has none.

        source: its address.
        network: what counts as one source.
        """
        now = self._clock()
        known = self._waiting.get(mac_address)
        self._waiting[mac_address] = (
            NewBoard(mac_address, source, network, now, now)
            if known is None
            else evolve(known, source=source, network=network, last_seen=max(known.last_seen, now))
        )
        self._bound()
        self._notice()

    def take(self, limit: int) -> Sequence[NewBoard]:
        """Remove and return up to `limit` boards."""
        taken: list[NewBoard] = []
        # One by one, so that a thread that adds a board meanwhile does not lose it.
        with suppress(KeyError):
            while len(taken) < limit:
                taken.append(self._waiting.popitem()[1])
        return taken

    def put_back(self, boards: Iterable[NewBoard]) -> None:
        """Keep boards that could not be written."""
        for board in boards:
            since = self._waiting.get(board.mac_address, board)
            self._waiting[board.mac_address] = evolve(since, first_seen=board.first_seen)
        self._bound()

    @property
    def waiting(self) -> int:
        """The number of boards that `take` would return."""
        return len(self._waiting)

    def _bound(self) -> None:
        if len(self._waiting) <= _MOST_WAITING:
            return
        boards = list(self._waiting.values())
        left = {board.mac_address for board in kept(boards)}
        for board in boards:
            if board.mac_address not in left:
                self._waiting.pop(board.mac_address, None)
