"""New boards in a dictionary."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

from attrs import evolve, field, frozen

from iotconfig.domain.devices.evidence import RENEWED_EVERY
from iotconfig.domain.devices.new_boards import NewBoard, kept, newest_first
from iotconfig.domain.mac import MacAddress

from .state import Committed


@frozen
class MemoryNewBoardStore:
    """`NewBoardStore` in memory, beside the revision counters of a store."""

    _committed: Committed
    _stored: dict[MacAddress, NewBoard] = field(init=False, factory=dict, repr=False)
    _writer: Lock = field(init=False, factory=Lock, repr=False)

    def write(self, boards: Sequence[NewBoard]) -> None:
        counters = self._committed.state.counters
        with self._writer:
            for board in boards:
                known = self._stored.get(board.mac_address)
                if known is None:
                    self._stored[board.mac_address] = board
                elif board.last_seen - known.last_seen >= RENEWED_EVERY:
                    self._stored[board.mac_address] = evolve(board, first_seen=known.first_seen)
            left = kept(board for mac, board in self._stored.items() if mac not in counters)
            self._stored.clear()
            self._stored.update((board.mac_address, board) for board in left)

    def all(self) -> Sequence[NewBoard]:
        counters = self._committed.state.counters
        with self._writer:
            return newest_first(board for mac, board in self._stored.items() if mac not in counters)
