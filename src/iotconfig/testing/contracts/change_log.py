"""The contract of `ChangeLog`: readers get every change once, in one order, and skip none."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from iotconfig.domain.announcing.announcement import Subject
from iotconfig.domain.configs import changes
from iotconfig.domain.configs.bulk import BulkEntry, BulkOptions
from iotconfig.domain.configs.bulk_service import BulkService
from iotconfig.domain.configs.change_log import LoggedChange
from iotconfig.domain.configs.edits import Rollback
from iotconfig.domain.configs.revisions import ChangeNote, Operation
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.testing.announcement_builders import subject
from iotconfig.testing.builders import add, content, mac, record
from iotconfig.testing.clocks import START
from iotconfig.testing.simultaneous import together
from iotconfig.testing.use_cases import UseCases

EVERYTHING = 10_000


class Oops(Exception):
    """Raised inside a unit of work."""


def everything(store: Store) -> Sequence[LoggedChange]:
    """Return all changes in the log."""
    return store.changes_since(0, EVERYTHING)


def facts(logged: Sequence[LoggedChange]) -> list[tuple[Subject, Operation, int]]:
    """Return subject, operation and revision of each change."""
    return [(change.subject, change.operation, change.revision) for change in logged]


class ChangeLogContract(UseCases):
    """Needs the fixture `store`: an empty store."""

    def test_an_empty_store_has_no_changes(self, store: Store) -> None:
        """An empty store has no changes after position 0."""
        assert [] == list(everything(store))

    def test_each_change_is_logged(self, store: Store, service: ConfigService) -> None:
        """The log has every change in order, with its author; storing the same content again is not a change."""
        note = ChangeNote("ops", "why")
        created = service.create(mac(1), content(), note=note)
        service.update(created.id, content(n=1), note=note)
        service.update(created.id, content(n=1), note=note)
        service.edit(created.id, Rollback(1), note=note)
        service.delete(created.id, note=note)
        restored = service.restore(created.id, note)
        logged = everything(store)

        assert [
            (subject(1), Operation.CREATE, 1),
            (subject(1), Operation.UPDATE, 2),
            (subject(1), Operation.ROLLBACK, 3),
            (subject(1), Operation.DELETE, 4),
            (subject(1), Operation.RESTORE, 5),
        ] == facts(logged)
        assert [1, 2, 3, 4, 5] == [change.position for change in logged]
        assert 5 == len({change.change for change in logged})
        assert {("ops", "why")} == {(change.author, change.message) for change in logged}
        assert (created.updated_at, restored.updated_at) == (logged[0].created_at, logged[-1].created_at)

    @pytest.mark.parametrize(("old", "new"), [(1, 2), (2, 1)])
    def test_a_board_swap_is_logged_for_both_boards(
        self, store: Store, service: ConfigService, old: int, new: int
    ) -> None:
        """A swap logs one change for each board, and both have the id of one write."""
        created = service.create(mac(old), content())
        service.replace_device(created.id, mac(new))
        swap = store.changes_since(1, EVERYTHING)

        assert {(subject(number), Operation.REPLACE_DEVICE, 2) for number in (1, 2)} == set(facts(swap))
        assert [2, 3] == [change.position for change in swap]
        assert 1 == len({change.change for change in swap})

    def test_a_bulk_write_is_one_write(self, store: Store, service: ConfigService) -> None:
        """The changes of a bulk write share an id that no other write has; unchanged configs are not logged."""
        service.create(mac(1), content())
        service.create(mac(2), content(n=2))
        entries = [BulkEntry(str(number), mac(number), content()) for number in range(4)]
        BulkService(store, service.clock).load(entries, BulkOptions(on_conflict="replace"))
        logged = everything(store)

        assert {
            (subject(0), Operation.CREATE, 1),
            (subject(2), Operation.UPDATE, 2),
            (subject(3), Operation.CREATE, 1),
        } == set(facts(logged[2:]))
        assert [1, 2, 3, 4, 5] == [change.position for change in logged]
        assert 1 == len({change.change for change in logged[2:]})
        assert 3 == len({change.change for change in logged})

    def test_changes_of_one_unit_of_work_are_one_write(self, store: Store) -> None:
        """Two calls of `record` in one unit of work share an id."""
        with store.writing() as work:
            for number in (1, 2):
                record(work, changes.created(work.counters.lock(mac(number)), content(), START))

        assert 1 == len({change.change for change in everything(store)})
        assert 2 == len(everything(store))

    def test_pages_skip_nothing(self, store: Store) -> None:
        """A reader that continues from its last position gets each change once."""
        for number in range(5):
            add(store, number)
        pages, position = [], 0
        while page := store.changes_since(position, 2):
            pages.append([change.position for change in page])
            position = page[-1].position

        assert [[1, 2], [3, 4], [5]] == pages

    def test_a_rollback_leaves_nothing_in_the_log(self, store: Store) -> None:
        """A transaction that is rolled back uses no position."""
        add(store, 1)

        with pytest.raises(Oops), store.writing() as work:
            record(work, changes.created(work.counters.lock(mac(2)), content(), START))
            raise Oops
        add(store, 3)

        assert [(1, subject(1)), (2, subject(3))] == [(c.position, c.subject) for c in everything(store)]

    def test_readers_beside_writers_miss_nothing(self, store: Store, service: ConfigService) -> None:
        """With four writers, each of four readers gets every change once, and the changes of a config in their order."""
        created = [service.create(mac(number), content()) for number in range(4)]
        finished: list[int] = []

        def act(number: int) -> list[LoggedChange]:
            got: list[LoggedChange] = []
            if number < 4:
                for n in range(10):
                    service.update(created[number].id, content(n=n))
                finished.append(number)
                return got
            while True:
                is_last = len(finished) == 4
                page = store.changes_since(got[-1].position if got else 0, 7)
                if is_last and not page:
                    return got
                got += page

        for got in together(8, act)[4:]:
            assert list(range(1, 4 * 11 + 1)) == [change.position for change in got]
            for number in range(4):
                assert list(range(1, 12)) == [c.revision for c in got if c.subject == subject(number)]
