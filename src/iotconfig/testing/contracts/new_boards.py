"""The contract of `NewBoardStore`: bounded, and without MAC addresses that have or had a config."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Final

import pytest
from attrs import evolve

from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.domain.devices.new_boards import (
    MAX_BOARDS,
    MAX_OF_NETWORK,
    NewBoard,
    NewBoardStore,
    kept,
    newest_first,
)
from iotconfig.domain.errors import ServiceClosed
from iotconfig.testing.builders import content, mac
from iotconfig.testing.clocks import START
from iotconfig.testing.simultaneous import together
from iotconfig.testing.use_cases import UseCases

_SECOND: Final = timedelta(seconds=1)


def board(number: int, seconds: float = 0, network: str = "192.0.2.1") -> NewBoard:
    """A board that asked once, this long after `START`."""
    asked = START + seconds * _SECOND
    return NewBoard(mac(number), network, network, asked, asked)


def _numbers(new_boards: NewBoardStore, most: int = 2_000) -> list[int]:
    """The numbers of the stored boards, in their order."""
    number_of = {mac(number): number for number in range(most)}
    return [number_of[each.mac_address] for each in new_boards.all()]


class NewBoardStoreContract(UseCases):
    """Needs the fixtures `store`, an empty store, and `new_boards`, its new boards."""

    def test_every_member_is_kept(self, new_boards: NewBoardStore) -> None:
        """What is read is what was written, to the microsecond."""
        asked = NewBoard(
            mac(1), "2001:db8::1", "2001:db8::/64", START, START + timedelta(microseconds=1_234_567)
        )
        new_boards.write([asked])
        assert [asked] == list(new_boards.all())

    def test_those_that_asked_last_come_first(self, new_boards: NewBoardStore) -> None:
        """Of one moment, they are sorted by MAC address; writing nothing changes nothing."""
        new_boards.write([board(3), board(1, 5), board(2)])
        new_boards.write([])
        assert [1, 2, 3] == _numbers(new_boards)

    def test_the_first_time_stays(self, new_boards: NewBoardStore) -> None:
        """The address from which it asked last is the one that is kept."""
        new_boards.write([board(1)])
        moved = board(1, 60, "198.51.100.7")
        new_boards.write([moved])
        assert [evolve(moved, first_seen=START)] == list(new_boards.all())

    @pytest.mark.parametrize("seconds", [59.9, 0, -120])
    def test_less_than_a_minute_later_is_not_written(self, new_boards: NewBoardStore, seconds: float) -> None:
        """Nor is an earlier time: a clock that goes back changes nothing."""
        new_boards.write([board(1)])
        new_boards.write([board(1, seconds, "198.51.100.7")])
        assert [board(1)] == list(new_boards.all())

    def test_boards_with_a_config_are_left_out(
        self, new_boards: NewBoardStore, service: ConfigService
    ) -> None:
        """From the moment that it is created, whether they asked before or after."""
        new_boards.write([board(1), board(2)])
        service.create(mac(1), content())
        assert [2] == _numbers(new_boards)

        new_boards.write([board(1, 100), board(3, 100)])
        assert [3, 2] == _numbers(new_boards)

    def test_former_devices_are_left_out(self, new_boards: NewBoardStore, service: ConfigService) -> None:
        """A board that was deleted or replaced, the one that replaced it, and one that was restored."""
        deleted, swapped, restored = (service.create(mac(number), content()) for number in (1, 2, 4))
        service.delete(deleted.id)
        service.replace_device(swapped.id, mac(3))
        service.delete(restored.id)
        service.restore(restored.id)

        new_boards.write([board(number) for number in (1, 2, 3, 4, 5)])
        assert [5] == _numbers(new_boards)

        service.replace_device(swapped.id, mac(5))
        new_boards.write([board(6, 1)])
        assert [6] == _numbers(new_boards)

    def test_the_oldest_of_one_network_go_first(self, new_boards: NewBoardStore) -> None:
        """Those of others stay, however old they are."""
        new_boards.write([board(1999, -1_000_000, "198.51.100.7")])
        for start in range(0, 1_000, 100):
            new_boards.write([board(number, number) for number in range(start, start + 100)])

        assert [*range(999, 999 - MAX_OF_NETWORK, -1), 1999] == _numbers(new_boards)

    def test_of_many_networks_each_keeps_its_newest(self, new_boards: NewBoardStore) -> None:
        """Above the bound, networks with several boards lose their older ones first, and then the oldest of all go."""
        several = [board(number, 5_000 + number, "192.0.2.1") for number in range(40)]
        single = [board(number, number, f"198.51.100.{number}") for number in range(100, 100 + MAX_BOARDS)]
        new_boards.write([*several, *single])

        assert [39, *range(99 + MAX_BOARDS, 100, -1)] == _numbers(new_boards)

    @pytest.mark.parametrize("seed", range(3))
    def test_every_order_of_arrival_is_bounded_alike(self, new_boards: NewBoardStore, seed: int) -> None:
        """What is stored after each write is what `kept` leaves of it."""
        chance = Random(seed)  # noqa: S311 - it chooses boards
        boards = [
            board(number, chance.randrange(500), f"net {chance.randrange(30)}") for number in range(1_500)
        ]
        stored: list[NewBoard] = []
        for start in range(0, 1_500, 500):
            batch = boards[start : start + 500]
            new_boards.write(batch)
            stored = kept([*stored, *batch])
            assert stored == list(new_boards.all())

    def test_writers_at_the_same_time(self, new_boards: NewBoardStore) -> None:
        """None fails, and the bounds hold."""

        def write(writer: int) -> None:
            numbers = [*range(writer * 30, writer * 30 + 90)]
            for _ in range(5):
                new_boards.write([board(number, number) for number in numbers])
                numbers.reverse()

        together(8, write)
        assert [*range(299, 299 - MAX_OF_NETWORK, -1)] == _numbers(new_boards)

    def test_times_far_apart(self, new_boards: NewBoardStore) -> None:
        """Of a clock that was wrong."""
        early = NewBoard(mac(1), "", "", datetime(1970, 1, 1, tzinfo=START.tzinfo), START)
        late = board(2, 3e9)
        new_boards.write([early, late])
        assert newest_first([early, late]) == list(new_boards.all())

    def test_a_closed_store_refuses(self, new_boards: NewBoardStore, store: Store) -> None:
        """It neither reads nor writes."""
        store.close()

        with pytest.raises(ServiceClosed):
            new_boards.write([board(1)])
        with pytest.raises(ServiceClosed):
            new_boards.all()
