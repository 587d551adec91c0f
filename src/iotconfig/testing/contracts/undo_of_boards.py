"""The contract of undo and restore where boards are replaced by others: before the change, by it, or since."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from attrs import evolve, frozen

from iotconfig.domain.configs.bulk import (
    BulkRefusal,
    BulkRestoration,
    BulkResult,
    Outcome,
)
from iotconfig.domain.configs.bulk_options import BulkOptions, EntryRules, ImportOptions
from iotconfig.domain.configs.bulk_service import BulkService
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.domain.errors import (
    ChangedSince,
    IotConfigError,
    RecordExists,
    RecordGone,
    ValidationFailed,
)
from iotconfig.domain.mac import MacAddress
from iotconfig.testing.builders import content, mac
from iotconfig.testing.bulk_builders import configs, entry
from iotconfig.testing.clocks import SteppingClock
from iotconfig.testing.use_cases import UseCases

BOARD, SUCCESSOR = mac(1), mac(2)


@frozen
class _Boards:
    """The actions of the table, on a group of boards of its own; its first one is the board in question."""

    service: ConfigService
    group: int = 0

    @property
    def addresses(self) -> list[MacAddress]:
        return [mac(10 * self.group + number) for number in range(1, 5)]

    @property
    def board(self) -> MacAddress:
        return self.addresses[0]

    @property
    def own(self) -> int:
        """The id of the board's config."""
        return self.service.get_by_mac(self.board).id

    def create(self) -> str:
        return self.service.create(self.board, content(n=1)).change

    def create_where_replaced(self) -> str:
        self.create()
        self.replace()
        return self.service.create(self.board, content(n=2)).change

    def update(self) -> str:
        self.create()
        return self.edit()

    def edit(self) -> str:
        return self.service.update(self.own, content(z=self.service.get(self.own).revision)).change

    def delete(self) -> str:
        self.create()
        return self.remove()

    def delete_where_replaced_before(self) -> str:
        self.create_where_replaced()
        return self.remove()

    def restore(self) -> str:
        self.create()
        config_id = self.own
        self.remove()
        return self.service.restore(config_id).change

    def swap(self) -> str:
        self.create()
        return self.replace()

    def replace(self) -> str:
        """Move the board's config to the next board that is free."""
        present = configs(self.service.store)
        free = next(board for board in self.addresses if board not in present)
        return self.service.replace_device(self.own, free).change

    def remove(self) -> str:
        return self.service.delete(self.own)

    def move_on(self) -> str:
        """Move the config of the board's successor to another board."""
        _, successor, _, last = self.addresses
        return self.service.replace_device(self.service.get_by_mac(successor).id, last).change

    def seen(self) -> tuple[object, object]:
        """All configs by id and content, and the successors of these boards."""
        store = self.service.store
        found = {address: (config.id, config.content.text) for address, config in configs(store).items()}
        with store.reading() as view:
            return found, [view.counters.replaced_by(board) for board in self.addresses]


Act = Callable[[_Boards], str]
_B = _Boards

CASES: list[tuple[Act, list[tuple[list[Act], type[IotConfigError] | None]]]] = [
    # For each change: what happened since, and the refusal of its undo; None where it is undone.
    (
        _B.create,
        [
            ([], None),
            ([_B.edit], ChangedSince),
            ([_B.replace], ChangedSince),
            ([_B.remove], ChangedSince),
            ([_B.replace, _B.create], ChangedSince),
        ],
    ),
    (
        _B.create_where_replaced,
        [
            ([], None),
            ([_B.move_on], None),
            ([_B.edit], ChangedSince),
            ([_B.replace], ChangedSince),
        ],
    ),
    (
        _B.update,
        [
            ([], None),
            ([_B.replace], ChangedSince),
            ([_B.remove], ChangedSince),
            ([_B.remove, _B.create, _B.replace], ChangedSince),
        ],
    ),
    (
        _B.delete,
        [
            ([], None),
            ([_B.create], RecordExists),
            ([_B.create, _B.remove], None),
            ([_B.create, _B.replace], RecordGone),
            ([_B.create, _B.replace, _B.move_on], RecordGone),
            ([_B.create, _B.replace, _B.create], RecordExists),
            ([_B.create, _B.replace, _B.create, _B.remove], None),
        ],
    ),
    (_B.delete_where_replaced_before, [([], None), ([_B.create, _B.replace], RecordGone)]),
    (_B.restore, [([], None), ([_B.edit], ChangedSince), ([_B.replace], ChangedSince)]),
    (_B.swap, [([], ValidationFailed), ([_B.create], ValidationFailed), ([_B.move_on], ChangedSince)]),
]


class UndoOfBoardsContract(UseCases):
    """Needs the fixture `store`, an empty store."""

    @pytest.fixture
    def bulk(self, store: Store, clock: SteppingClock) -> BulkService:
        """The use cases for many configs, over the same store as the service."""
        return BulkService(store, clock)

    @pytest.mark.parametrize(("change", "cases"), CASES, ids=lambda value: getattr(value, "__name__", ""))
    def test_undo_after_what_happened_since(
        self,
        service: ConfigService,
        bulk: BulkService,
        change: Act,
        cases: list[tuple[list[Act], type[IotConfigError] | None]],
    ) -> None:
        """Refused, it changes nothing, in a dry run and when told to keep going; undone, it is undone again and again."""
        for group, (since, refusal) in enumerate(cases):
            boards = _Boards(service, group)
            undone = change(boards)
            for act in since:
                act(boards)
            before = boards.seen()
            refused: list[BulkRefusal] = []
            dry = bulk.undo(undone, BulkOptions(dry_run=True), on_refusal=refused.append)
            assert before == boards.seen()
            tally = bulk.undo(undone, BulkOptions(keep_going=True), on_refusal=refused.append)
            if refusal is not None:
                assert [(1, False)] * 2 == [(each.refused, each.stored) for each in (dry, tally)]
                assert [refusal] * 2 == [type(each.error) for each in refused]
                assert before == boards.seen()
                continue
            after = boards.seen()
            assert (evolve(dry, stored=True), []) == (tally, refused)
            for expected in (before, after) * 2:
                assert tally.change is not None
                tally = bulk.undo(tally.change, BulkOptions())
                assert (0, expected) == (tally.refused, boards.seen())

    def test_a_creation_on_a_replaced_board_is_undone(
        self, service: ConfigService, bulk: BulkService
    ) -> None:
        """The device gets the answer again that names the successor; after a deletion that is no undo, it does not."""
        created = _Boards(service).create_where_replaced()
        undone = bulk.undo(created, BulkOptions()).change
        with pytest.raises(RecordGone) as gone:
            service.document(BOARD)

        assert {"mac_address": str(BOARD), "replaced_by": str(SUCCESSOR)} == gone.value.details
        assert undone is not None
        bulk.undo(undone, BulkOptions())
        assert content(n=2).text.encode() == service.document(BOARD).body

    @pytest.mark.parametrize("deleted_in_bulk", [True, False])
    def test_a_config_does_not_return_to_a_board_that_was_replaced_since(
        self, service: ConfigService, bulk: BulkService, deleted_in_bulk: bool
    ) -> None:
        """Undo and restore name the successor and the command; once that was used and the other config is deleted, they succeed."""
        deleted = service.create(BOARD, content(n=1))
        if deleted_in_bulk:
            pruning = ImportOptions(prune=True, allow_empty=True)
            change = bulk.load([], pruning).change
            assert change is not None
        else:
            change = service.delete(deleted.id)
        other = service.create(BOARD, content(n=2))
        service.replace_device(other.id, SUCCESSOR)
        before = _Boards(service).seen()
        refused: list[BulkRefusal] = []
        bulk.undo(change, BulkOptions(), on_refusal=refused.append)
        with pytest.raises(RecordGone) as single:
            service.restore(deleted.id)

        (in_bulk,) = refused
        assert (str(single.value), single.value.details) == (str(in_bulk.error), in_bulk.error.details)
        assert {
            "config_id": deleted.id,
            "mac_address": str(BOARD),
            "replaced_by": str(SUCCESSOR),
        } == single.value.details
        assert f"'iotconfig config replace-device {SUCCESSOR} {BOARD}'" in str(single.value)
        assert before == _Boards(service).seen()
        service.replace_device(other.id, BOARD)
        with pytest.raises(RecordExists, match=f"delete that one to restore config {deleted.id}"):
            service.restore(deleted.id)
        service.delete(other.id)
        assert BOARD == service.restore(deleted.id).mac_address

    def test_the_undo_of_an_import_that_gave_replaced_boards_configs(
        self, service: ConfigService, bulk: BulkService
    ) -> None:
        """Each board has its own successor again, and the undo of that gives all of them their configs again."""
        for board, successor in ((1, 3), (2, 4)):
            service.replace_device(service.create(mac(board), content(n=board)).id, mac(successor))
        before = _Boards(service).seen()
        tally = bulk.load([entry(number) for number in (1, 2, 5)], ImportOptions(allow_replaced=True))
        after = _Boards(service).seen()
        assert tally.change is not None
        undone = bulk.undo(tally.change, BulkOptions())

        assert (3, before) == (undone.deleted, _Boards(service).seen())
        assert undone.change is not None
        assert (3, after) == (bulk.undo(undone.change, BulkOptions()).restored, _Boards(service).seen())

    def test_a_restoration_is_replaced_even_where_entries_may_be(
        self, store: Store, service: ConfigService, bulk: BulkService
    ) -> None:
        """`allow_replaced` is for entries with content; the outcome names the config and the successor."""
        deleted = service.create(BOARD, content(n=1))
        service.delete(deleted.id)
        service.replace_device(service.create(BOARD, content(n=2)).id, SUCCESSOR)
        with store.bulk_writing() as write:
            write.add([BulkRestoration("there", BOARD, content(n=1), deleted.id, 2)])
            write.compare(EntryRules(allow_replaced=True))
            (unlocked,) = write.results(frozenset(Outcome))
            with write.lock():
                write.compare(EntryRules(allow_replaced=True))
                (locked,) = write.results(frozenset(Outcome))

        expected = BulkResult("there", BOARD, Outcome.REPLACED, deleted.id, None, SUCCESSOR)
        assert expected == unlocked == locked

    def test_a_board_is_replaced_since_a_revision(self, store: Store, service: ConfigService) -> None:
        """The board has a successor then only if its newest revision is a later one."""
        moved = service.create(BOARD, content(n=1))
        swap = service.replace_device(moved.id, SUCCESSOR).revision

        def successors(board: MacAddress, *revisions: int) -> list[MacAddress | None]:
            with store.reading() as view, store.writing() as work:
                found = [view.counters.replaced_by(board, since=revision) for revision in revisions]
                assert found == [work.counters.replaced_by(board, since=revision) for revision in revisions]
                return found

        assert [SUCCESSOR, SUCCESSOR, None, None] == successors(BOARD, 0, swap - 1, swap, swap + 1)
        assert [None] * 2 == successors(SUCCESSOR, 0, swap)
