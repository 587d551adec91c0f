"""Boards without a document that a worker has seen, until they are written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from iotconfig.domain.devices.asking_boards import AskingBoards
from iotconfig.domain.devices.new_boards import MAX_BOARDS, MAX_OF_NETWORK, NewBoard
from iotconfig.testing.builders import mac
from iotconfig.testing.clocks import START, SteppingClock, step
from iotconfig.testing.simultaneous import together

ALL = 10_000


class _Watch:
    """Boards that asked, with the number of notices that they gave."""

    def __init__(self) -> None:
        self.clock = SteppingClock()
        self.notices = 0
        self.boards = AskingBoards(self.clock, self._count)

    def _count(self) -> None:
        self.notices += 1

    def see(self, number: int, network: str = "192.0.2.1") -> None:
        self.boards.see(mac(number), network, network)


def _by_number(boards: Sequence[NewBoard]) -> list[NewBoard]:
    return sorted(boards, key=lambda board: board.mac_address)


def test_a_board_is_kept_once() -> None:
    """With the times of its first and of its last request, and the address of the last one; each request gives a notice."""
    watch = _Watch()
    watch.see(1)
    watch.see(2)
    watch.see(1, "198.51.100.7")

    assert [
        NewBoard(mac(1), "198.51.100.7", "198.51.100.7", step(0), step(2)),
        NewBoard(mac(2), "192.0.2.1", "192.0.2.1", step(1), step(1)),
    ] == _by_number(watch.boards.take(ALL))
    assert (3, False, []) == (watch.notices, watch.boards.waiting, watch.boards.take(ALL))


def test_up_to_a_number_of_boards_are_taken() -> None:
    """The others wait."""
    watch = _Watch()
    for number in range(5):
        watch.see(number)
    taken = [*watch.boards.take(3), *watch.boards.take(3)]
    assert [mac(number) for number in range(5)] == [board.mac_address for board in _by_number(taken)]


def test_a_client_that_invents_addresses_removes_its_own() -> None:
    """20,000 from one source: memory is bounded, and a board of another source stays."""
    watch = _Watch()
    watch.see(200_000, "198.51.100.7")
    most = 0
    for number in range(20_000):
        watch.see(number)
        most = max(most, len(watch.boards._waiting))

    assert most <= 2 * MAX_BOARDS
    for number in range(20_000, 20_000 + 2 * MAX_BOARDS):
        watch.see(number)
    taken = watch.boards.take(ALL)
    assert mac(200_000) in {board.mac_address for board in taken}


def test_many_sources_are_bounded_too() -> None:
    """Each source has at most 50 of what is left."""
    watch = _Watch()
    for number in range(20_000):
        watch.see(number, f"net {number % 700}")
    taken = watch.boards.take(ALL)
    assert len(taken) <= 2 * MAX_BOARDS
    # The last to ask is among them.
    assert mac(19_999) in {board.mac_address for board in taken}
    assert MAX_OF_NETWORK * 700 > len(taken)


def test_what_could_not_be_written_waits() -> None:
    """With the time of the first request, also where the board has asked again meanwhile."""
    watch = _Watch()
    watch.see(1)
    watch.see(2)
    taken = watch.boards.take(ALL)
    watch.see(1, "198.51.100.7")
    watch.boards.put_back(taken)

    assert [
        NewBoard(mac(1), "198.51.100.7", "198.51.100.7", step(0), step(2)),
        NewBoard(mac(2), "192.0.2.1", "192.0.2.1", step(1), step(1)),
    ] == _by_number(watch.boards.take(ALL))


def test_a_clock_that_goes_back() -> None:
    """The time of the last request does not decrease."""
    watch = _Watch()
    watch.see(1)
    watch.clock.go_to(START - timedelta(days=1))
    watch.see(1)
    assert [START] == [board.last_seen for board in watch.boards.take(ALL)]


def test_threads_lose_no_board() -> None:
    """While another one takes."""
    watch = _Watch()

    def see_all(thread: int) -> list[NewBoard]:
        taken: list[NewBoard] = []
        for number in range(100):
            watch.see(thread * 100 + number, f"net {thread}")
            taken += watch.boards.take(3)
        return taken

    taken = [board for each in together(8, see_all) for board in each]
    taken += watch.boards.take(ALL)
    assert {mac(number) for number in range(800)} == {board.mac_address for board in taken}
