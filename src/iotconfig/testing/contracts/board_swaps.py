"""The contract of a board swap: the config keeps its id and history, and both boards are announced."""

from __future__ import annotations

import pytest

from iotconfig.domain.announcing.ports import NotificationQueue
from iotconfig.domain.configs.config import Config
from iotconfig.domain.configs.counter import RevisionCounter
from iotconfig.domain.configs.history import HistoryService
from iotconfig.domain.configs.precondition import Precondition
from iotconfig.domain.configs.revisions import HistoryQuery, Operation
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.domain.errors import (
    IotConfigError,
    PreconditionFailed,
    RecordExists,
    RecordGone,
    RecordNotFound,
)
from iotconfig.testing.announcement_builders import EVERYTHING, park, subject
from iotconfig.testing.builders import NO_IDS, add, content, mac, remove
from iotconfig.testing.clocks import step
from iotconfig.testing.simultaneous import together
from iotconfig.testing.use_cases import UseCases


def counters(store: Store, *numbers: int) -> list[int]:
    """Return the newest revision of each of these devices."""
    with store.writing() as work:
        return [work.counters.lock(mac(number)).last_revision for number in sorted(numbers)]


class BoardSwapsContract(UseCases):
    """Needs the fixtures `store`, an empty store, and `queue`, its notifications."""

    def test_a_config_moves_with_all_it_is(self, store: Store, service: ConfigService) -> None:
        """The config keeps id, content and creation time; MAC address, revision and update time are new, and so is its URL."""
        created = service.create(mac(1), content(deviceName="Lamp"))
        moved = service.replace_device(created.id, mac(2))

        assert Config(created.id, mac(2), created.content, 2, step(0), step(1)) == moved
        assert moved == service.get(created.id) == service.get_by_mac(mac(2))
        assert bytes(created.content) == service.document(mac(2)).body
        assert [2, 2] == counters(store, 1, 2)

    @pytest.mark.parametrize(("old", "new"), [(1, 4), (4, 2), (3, 3)])
    def test_both_counters_continue_from_the_higher_one(
        self, store: Store, service: ConfigService, old: int, new: int
    ) -> None:
        """The counters of both boards continue from the higher one: no number decreases or is used twice."""
        remove(store, add(store, 2, revision=new - 1))
        created = service.create(mac(1), content())
        for n in range(old - 1):
            service.update(created.id, content(n=n))
        moved = service.replace_device(created.id, mac(2))

        assert max(old, new) + 1 == moved.revision
        assert [moved.revision] * 2 == counters(store, 1, 2)
        assert moved.revision + 1 == service.update(created.id, content(z=1)).revision
        assert moved.revision + 1 == service.create(mac(1), content()).revision

    @pytest.mark.parametrize(("old", "new"), [(1, 2), (2, 1)])
    def test_both_boards_are_announced(
        self, queue: NotificationQueue, service: ConfigService, old: int, new: int
    ) -> None:
        """The old board's retained message is cleared without a hint to restart, and the new board is announced."""
        created = service.create(mac(old), content())
        park(queue, old)
        moved = service.replace_device(created.id, mac(new))
        pending = {n.announcement.subject: n for n in queue.find(EVERYTHING)}

        assert {subject(old), subject(new)} == set(pending)
        gone, there = (pending[subject(number)].announcement for number in (old, new))
        assert gone.state is not None
        assert there.state is not None
        assert (False, moved.revision, None) == (
            gone.restart_hint,
            gone.state.document_number,
            gone.state.etag,
        )
        assert (True, moved.revision, moved.content.etag, moved.updated_at) == (
            there.restart_hint,
            there.state.document_number,
            there.state.etag,
            there.state.updated_at,
        )
        assert [False, False] == [n.parked for n in pending.values()]

    def test_the_old_board_names_the_new_one(self, service: ConfigService) -> None:
        """A request for the old board's config raises `RecordGone` with the new board."""
        created = service.create(mac(1), content())
        service.replace_device(created.id, mac(2))

        for ask in (service.get_by_mac, service.document):
            with pytest.raises(RecordGone, match=f"belongs to {mac(2)} now") as refusal:
                ask(mac(1))
            assert {"mac_address": str(mac(1)), "replaced_by": str(mac(2))} == refusal.value.details

    @pytest.mark.parametrize("way", ["create", "put", "swap"])
    def test_a_board_with_a_config_of_its_own_is_replaced_no_longer(
        self, service: ConfigService, way: str
    ) -> None:
        """An old board that gets a config has no successor any more, even after that config is deleted."""
        created = service.create(mac(1), content())
        service.replace_device(created.id, mac(2))
        if way == "create":
            config = service.create(mac(1), content())
        elif way == "put":
            config, _ = service.put(mac(1), content())
        else:
            config = service.replace_device(created.id, mac(1))

        assert config == service.get_by_mac(mac(1))
        service.delete(config.id)
        with pytest.raises(RecordNotFound):
            service.document(mac(1))

    def test_there_and_back(self, store: Store, service: ConfigService, history: HistoryService) -> None:
        """A config can move back to its first board; the history has both moves, with growing numbers."""
        created = service.create(mac(1), content())
        service.replace_device(created.id, mac(2))
        back = service.replace_device(created.id, mac(1))

        assert (created.id, mac(1), 3) == (back.id, back.mac_address, back.revision)
        assert [3, 3] == counters(store, 1, 2)
        with pytest.raises(RecordGone, match=str(mac(1))):
            service.document(mac(2))
        assert [
            (mac(1), 3, Operation.REPLACE_DEVICE),
            (mac(2), 2, Operation.REPLACE_DEVICE),
            (mac(1), 1, Operation.CREATE),
        ] == [
            (r.mac_address, r.revision, r.operation)
            for r in history.revisions(HistoryQuery(created.id)).revisions
        ]

    @pytest.mark.parametrize("target", [1, 2])
    def test_a_board_in_use_is_refused(self, store: Store, service: ConfigService, target: int) -> None:
        """A board that has a config, the config's own board included, cannot replace another; nothing changes."""
        created, other = service.create(mac(1), content(a=1)), service.create(mac(2), content(a=2))
        with pytest.raises(RecordExists, match=str(mac(target))):
            service.replace_device(created.id, mac(target))

        assert [created, other] == [service.get(config.id) for config in (created, other)]
        assert [1, 1] == counters(store, 1, 2)

    def test_a_swap_heeds_its_precondition(self, store: Store, service: ConfigService) -> None:
        """A swap whose precondition does not hold is refused."""
        created = service.create(mac(1), content())
        with pytest.raises(PreconditionFailed):
            service.replace_device(created.id, mac(2), Precondition(one_of=frozenset({2})))

        assert created == service.get_by_mac(mac(1))
        assert [1, 0] == counters(store, 1, 2)
        assert 2 == service.replace_device(created.id, mac(2), Precondition(one_of=frozenset({1}))).revision

    @pytest.mark.parametrize("config_id", NO_IDS)
    def test_a_config_that_is_not_there_does_not_move(self, service: ConfigService, config_id: int) -> None:
        """The swap of an unknown config raises `RecordNotFound`."""
        with pytest.raises(RecordNotFound, match=f"Config {config_id} was not found"):
            service.replace_device(config_id, mac(2))

    def test_an_unknown_board_has_no_successor(self, store: Store) -> None:
        """A MAC address without any config has no successor."""
        with store.reading() as view:
            assert view.counters.replaced_by(mac(1)) is None
        with store.writing() as work:
            assert RevisionCounter(mac(1), 0, 0) == work.counters.lock(mac(1))
            assert work.counters.replaced_by(mac(1)) is None

    def test_swaps_against_updates(
        self, store: Store, service: ConfigService, history: HistoryService
    ) -> None:
        """Four writers and four board swaps at the same time: the history has every acknowledged change."""
        created = service.create(mac(0), content())

        def act(number: int) -> list[int]:
            done: list[int] = []
            for n in range(6):
                try:
                    if number < 4:
                        done.append(service.update(created.id, content(w=number, n=n)).revision)
                    else:
                        done.append(service.replace_device(created.id, mac(1 + (number + n) % 5)).revision)
                except (PreconditionFailed, RecordExists):
                    continue
            return done

        acknowledged = [1, *(revision for done in together(8, act) for revision in done)]
        found = history.revisions(HistoryQuery(created.id, limit=1000)).revisions
        config = service.get(created.id)

        assert sorted(acknowledged, reverse=True) == [summary.revision for summary in found]
        assert len(set(acknowledged)) == len(acknowledged)
        assert (config.mac_address, config.revision) == (found[0].mac_address, found[0].revision)
        assert config.revision == max(counters(store, *range(6)))

    def test_two_swaps_to_one_board(self, service: ConfigService) -> None:
        """Of eight configs that move to one new board at the same time, one succeeds; the others stay on their boards."""
        created = [service.create(mac(n), content(n=n)) for n in range(8)]

        def move(number: int) -> Config | type[Exception]:
            try:
                return service.replace_device(created[number].id, mac(9))
            except IotConfigError as error:
                return type(error)

        results = together(8, move)
        winners = [result for result in results if isinstance(result, Config)]
        assert [RecordExists] * 7 == [result for result in results if not isinstance(result, Config)]
        assert [service.get_by_mac(mac(9))] == winners
        assert [c for c in created if c.id != winners[0].id] == [
            service.get(c.id) for c in created if c.id != winners[0].id
        ]

    def test_two_swaps_of_each_others_boards_end(self, service: ConfigService) -> None:
        """Swaps that lock the same two boards lock them in one order, so that there is no deadlock."""
        created = service.create(mac(1), content())

        def move(number: int) -> None:
            for n in range(8):
                try:
                    service.replace_device(created.id, mac(1 + (number + n) % 2))
                except (RecordExists, PreconditionFailed):
                    continue

        together(4, move)
        assert service.get(created.id).mac_address in (mac(1), mac(2))
