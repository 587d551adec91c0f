"""The contract of `ChangeLog`: readers get every change once, in one order, and skip none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from iotconfig.domain.announcing.announcement import Subject
from iotconfig.domain.configs import changes
from iotconfig.domain.configs.bulk import BulkEntry
from iotconfig.domain.configs.bulk_options import ImportOptions
from iotconfig.domain.configs.bulk_service import BulkService
from iotconfig.domain.configs.change_log import LoggedChange
from iotconfig.domain.configs.edits import Rollback
from iotconfig.domain.configs.history import HistoryService
from iotconfig.domain.configs.revisions import ChangeNote, Operation, Pruned, Retention
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.testing.announcement_builders import subject
from iotconfig.testing.builders import add, content, mac, record
from iotconfig.testing.clocks import START, SteppingClock, step
from iotconfig.testing.simultaneous import together
from iotconfig.testing.use_cases import UseCases

EVERYTHING = 10_000

WEEK = timedelta(days=7)

ALWAYS = START + timedelta(days=365)


class Oops(Exception):
    """Raised inside a unit of work."""


def everything(store: Store) -> Sequence[LoggedChange]:
    """Return all changes in the log."""
    return store.changes_since(0, EVERYTHING)


def facts(logged: Sequence[LoggedChange]) -> list[tuple[Subject, Operation, int]]:
    """Return subject, operation and revision of each change."""
    return [(change.subject, change.operation, change.revision) for change in logged]


def positions(store: Store) -> list[int]:
    """The positions of the whole log."""
    return [change.position for change in everything(store)]


class ChangeLogContract(UseCases):
    """Needs the fixture `store`: an empty store."""

    def test_an_empty_store_has_no_changes(self, store: Store) -> None:
        """An empty store has no changes after position 0, and none to prune."""
        assert [] == list(everything(store))
        assert (0, 0, 0) == (
            store.oldest_position(),
            store.prunable_changes(ALWAYS, 0, 9),
            store.prune_changes(ALWAYS, 9),
        )

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
        BulkService(store, service.clock).load(entries, ImportOptions(on_conflict="replace"))
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

    @pytest.mark.parametrize("limit", [0, -1])
    def test_a_limit_below_1_is_no_change(self, store: Store, limit: int) -> None:
        """No change is read, counted or pruned."""
        for number in range(3):
            add(store, number)

        assert [] == list(store.changes_since(0, limit))
        assert 0 == store.prunable_changes(ALWAYS, 0, limit) == store.prune_changes(ALWAYS, limit)
        assert [1, 2, 3] == [change.position for change in everything(store)]

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

    @pytest.mark.parametrize(
        ("older_than", "left"),
        [(ALWAYS, [4, 5]), (step(2), [3, 4, 5]), (step(1), [2, 3, 4, 5]), (START, [1, 2, 3, 4, 5])],
        ids=["all-old", "two", "one", "none"],
    )
    def test_pruning_removes_old_changes(
        self,
        store: Store,
        service: ConfigService,
        history: HistoryService,
        clock: SteppingClock,
        older_than: datetime,
        left: list[int],
    ) -> None:
        """It removes what the retention selects, but no change of the last 7 days. A dry run counts the same."""
        for number in range(5):
            if number == 3:
                clock.go_to(START + 2 * WEEK)
            service.create(mac(number), content())
        retention = Retention(1, older_than)
        steps = [Pruned(), *([Pruned(changes=5 - len(left))] if len(left) < 5 else [])]

        assert steps == list(history.prune(retention, dry_run=True))
        assert [1, 2, 3, 4, 5] == positions(store)
        assert steps == list(history.prune(retention))
        assert left == positions(store)
        assert left[0] == store.oldest_position()
        assert [Pruned()] == list(history.prune(retention))

    @pytest.mark.parametrize(("age", "left"), [(WEEK, [1, 2]), (WEEK + timedelta(microseconds=1), [2])])
    def test_the_changes_of_seven_days_stay(
        self,
        store: Store,
        service: ConfigService,
        history: HistoryService,
        clock: SteppingClock,
        age: timedelta,
        left: list[int],
    ) -> None:
        """A change that is exactly 7 days old is kept, whatever the retention says; a microsecond later it is removed."""
        for number in (1, 2):
            service.create(mac(number), content())
        clock.go_to(START + age)
        list(history.prune(Retention(1, ALWAYS)))

        assert left == positions(store)

    def test_the_newest_change_stays(
        self, store: Store, service: ConfigService, history: HistoryService, clock: SteppingClock
    ) -> None:
        """Positions go on above it after everything else was pruned, in every kind of write."""
        for number in range(3):
            service.create(mac(number), content())
        for _ in range(2):
            clock.go_to(START + 2 * WEEK)
            list(history.prune(Retention(1, ALWAYS)))
            assert [3] == positions(store)
        service.delete(service.get_by_mac(mac(1)).id)
        BulkService(store, clock).load([BulkEntry("one", mac(1), content())], ImportOptions())
        service.replace_device(service.get_by_mac(mac(0)).id, mac(9))

        assert [3, 4, 5, 6, 7] == positions(store)
        assert [4, 5] == [change.position for change in store.changes_since(3, 2)]

    def test_a_reader_learns_of_changes_that_it_missed(self, store: Store) -> None:
        """One that had read up to the oldest change but one misses nothing; one that had read less does."""
        for number in range(5):
            add(store, number)
        assert 3 == store.prune_changes(ALWAYS, 3)

        assert [4, 5] == [change.position for change in store.changes_since(3, EVERYTHING)]
        assert store.oldest_position() <= 3 + 1
        assert [4, 5] == [change.position for change in store.changes_since(2, EVERYTHING)]
        assert store.oldest_position() > 2 + 1

    def test_a_young_change_ends_pruning(
        self, store: Store, service: ConfigService, history: HistoryService, clock: SteppingClock
    ) -> None:
        """After a clock was set back, older times are above younger ones. The log keeps no gap: they stay."""
        service.create(mac(1), content())
        clock.go_to(START + 2 * WEEK)
        service.create(mac(2), content())
        clock.go_to(START)
        for number in (3, 4):
            service.create(mac(number), content())
        clock.go_to(START + 2 * WEEK)

        assert [Pruned(), Pruned(changes=1)] == list(history.prune(Retention(1, ALWAYS), dry_run=True))
        assert [Pruned(), Pruned(changes=1)] == list(history.prune(Retention(1, ALWAYS)))
        assert [2, 3, 4] == positions(store)

    def test_pruning_takes_steps(self, store: Store) -> None:
        """Each removes at most as many changes as it is given; a dry run counts along."""
        for number in range(6):
            add(store, number)

        assert [2, 2, 1, 0] == [store.prunable_changes(ALWAYS, after, 2) for after in (0, 2, 4, 5)]
        assert [1, 2, 3, 4, 5, 6] == positions(store)
        assert [2, 2, 1, 0] == [store.prune_changes(ALWAYS, 2) for _ in range(4)]
        assert [6] == positions(store)

    def test_pruning_beside_writers_and_readers(self, store: Store, service: ConfigService) -> None:
        """No position is given twice, and a reader that misses changes can tell."""
        created = [service.create(mac(number), content()) for number in range(2)]
        finished: list[int] = []

        def act(number: int) -> None:
            last = 0
            if number < 2:
                for n in range(10):
                    service.update(created[number].id, content(n=n))
                finished.append(number)
                return
            while True:
                is_last = len(finished) == 2
                if number < 4:
                    store.prune_changes(ALWAYS, 3)
                elif page := store.changes_since(last, 5):
                    got = [change.position for change in page]
                    assert list(range(got[0], got[0] + len(got))) == got
                    assert last + 1 == got[0] or store.oldest_position() > last + 1
                    last = got[-1]
                    continue
                if is_last:
                    return

        together(6, act)
        while store.prune_changes(ALWAYS, 9):
            pass
        assert [22] == positions(store) == [store.oldest_position()]
