"""New boards: MAC addresses that ask for a document and never had one, and which of them are kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, Protocol

from attrs import frozen

from iotconfig.domain.mac import MacAddress

MAX_BOARDS: Final = 1000
"""New boards that are kept."""
MAX_OF_NETWORK: Final = 50
"""New boards of one network that are kept."""


@frozen
class NewBoard:
    """A MAC address that asks for a document and never had one."""

    mac_address: MacAddress
    source: str
    """The address from which it asked last; empty where unknown."""
    network: str
    """What counts as one source: the IPv4 address, or the /64 network of the IPv6 address."""
    first_seen: datetime
    last_seen: datetime
    """The time when it asked last, accurate to a minute."""


def newest_first(boards: Iterable[NewBoard]) -> list[NewBoard]:
    """Sort boards: those that asked last come first."""
    by_address = sorted(boards, key=lambda board: board.mac_address.canonical)
    return sorted(by_address, key=lambda board: board.last_seen, reverse=True)


def kept(boards: Iterable[NewBoard]) -> list[NewBoard]:
    """Return the boards that are kept, the newest first.

    The newest 50 of each network; and of these at most 1,000, where the boards of the networks with most of them go
    first. So a client that invents addresses removes its own ones, and not those of others.
    """
    ranked: list[tuple[int, NewBoard]] = []
    of_network: Counter[str] = Counter()
    for board in newest_first(boards):
        of_network[board.network] += 1
        if of_network[board.network] <= MAX_OF_NETWORK:
            ranked.append((of_network[board.network], board))
    ranked.sort(key=lambda place: place[0])
    return newest_first(board for _, board in ranked[:MAX_BOARDS])


class NewBoardReader(Protocol):
    """Reads the new boards."""

    def all(self) -> Sequence[NewBoard]:
        """Return all new boards, those that asked last first; of the same moment, sorted by MAC address.

        A MAC address that has, or once had, a config is not one of them. May raise `StoreUnavailable`.
        """
        ...


class NewBoardStore(NewBoardReader, Protocol):
    """Stores the new boards. All methods may raise `StoreUnavailable`."""

    def write(self, boards: Sequence[NewBoard]) -> None:
        """Store boards that asked, and keep those that `kept` returns.

        MAC addresses that have, or once had, a config are left out. Of a board that is stored, the time of its first
        request stays; where it has asked less than a minute later than is stored, nothing is written.

        boards: each MAC address once.

        Raises `StoreFull`.
        """
        ...
