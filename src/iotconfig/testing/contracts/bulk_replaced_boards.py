"""The contract of `BulkWrite` for boards that were replaced by others."""

from __future__ import annotations

from iotconfig.domain.announcing.ports import NotificationQueue
from iotconfig.domain.configs.bulk import BulkRefusal, BulkResult, Outcome
from iotconfig.domain.configs.bulk_options import EntryRules, ImportOptions
from iotconfig.domain.configs.bulk_service import BulkService
from iotconfig.domain.configs.revisions import UNSIGNED
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.domain.errors import RecordGone
from iotconfig.testing.builders import content, mac
from iotconfig.testing.bulk_builders import StillClock, configs, entry, everything
from iotconfig.testing.use_cases import UseCases

CLOCK = StillClock()


def swap_boards(service: ConfigService) -> None:
    """Replace board 1 by 2, 2 by 3, and 4 by 5; board 4 has a config again."""
    moved = service.create(mac(1), content(n=1))
    service.replace_device(moved.id, mac(2))
    service.replace_device(moved.id, mac(3))
    service.replace_device(service.create(mac(4), content(n=4)).id, mac(5))
    service.create(mac(4), content(n=44))


class BulkReplacedBoardsContract(UseCases):
    """Needs the fixtures `store`, an empty store, and `queue`, its notifications."""

    def test_entries_for_replaced_boards_have_an_outcome_of_their_own(
        self, store: Store, service: ConfigService
    ) -> None:
        """Each has the board that replaced it, also without the lock; other boards are as ever."""
        swap_boards(service)
        with store.bulk_writing() as write:
            write.add([*(entry(number) for number in range(6, 0, -1)), entry(7, if_revision=1)])
            write.compare(EntryRules())
            unlocked = list(write.results(frozenset(Outcome)))
            with write.lock():
                write.compare(EntryRules())
                locked = list(write.results(frozenset(Outcome)))

        assert unlocked == locked
        assert [
            BulkResult("place 2", mac(2), Outcome.REPLACED, None, None, mac(3)),
            BulkResult("place 1", mac(1), Outcome.REPLACED, None, None, mac(2)),
        ] == [result for result in locked if result.outcome is Outcome.REPLACED]
        assert [Outcome.NEW, Outcome.CHANGED, Outcome.CHANGED, Outcome.CHANGED, Outcome.STALE] == [
            result.outcome for result in locked if result.outcome is not Outcome.REPLACED
        ]
        assert {None} == {result.replaced_by for result in locked if result.outcome is not Outcome.REPLACED}

    def test_an_entry_for_a_revision_of_a_replaced_board_is_stale(
        self, store: Store, service: ConfigService
    ) -> None:
        """The precondition counts first: the config is no longer there."""
        swap_boards(service)
        with store.bulk_writing() as write:
            write.add([entry(1, if_revision=1)])
            write.compare(EntryRules())

            assert {Outcome.STALE: 1} == dict(write.tally())

    def test_they_are_not_stored(
        self, store: Store, queue: NotificationQueue, service: ConfigService
    ) -> None:
        """Neither a config nor a revision nor a notification, and the board keeps its successor."""
        swap_boards(service)
        before = everything(store, queue, range(1, 6))
        with store.bulk_writing() as write:
            write.add([entry(1), entry(2)])
            with write.lock():
                write.compare(EntryRules())
                write.store(UNSIGNED, CLOCK())

            assert {Outcome.REPLACED: 2} == dict(write.tally())
        assert before == everything(store, queue, range(1, 6))

    def test_they_are_new_where_that_is_allowed(self, store: Store, service: ConfigService) -> None:
        """The board gets a config of its own, whose revision is the counter's next."""
        swap_boards(service)
        with store.bulk_writing() as write:
            write.add([entry(1, content(again=1))])
            with write.lock():
                write.compare(EntryRules(allow_replaced=True))
                write.store(UNSIGNED, CLOCK())

            (result,) = write.results({Outcome.NEW})
        found = service.get_by_mac(mac(1))
        assert (found.id, 3, None) == (result.config_id, result.revision, result.replaced_by)
        assert (3, content(again=1)) == (found.revision, found.content)
        assert content(n=1) == service.get_by_mac(mac(3)).content

    def test_a_load_refuses_them_and_names_the_successor(self, store: Store, service: ConfigService) -> None:
        """One prevents the whole load, unless it keeps going, or they are allowed."""
        swap_boards(service)
        bulk, refused = BulkService(store, CLOCK), list[BulkRefusal]()
        some = [entry(1), entry(6)]

        assert not bulk.load(some, ImportOptions(), on_refusal=refused.append).stored
        assert mac(6) not in configs(store)
        tally = bulk.load(some, ImportOptions(keep_going=True), on_refusal=refused.append)
        assert (1, 1, True) == (tally.new, tally.refused, tally.stored)
        assert ["place 1"] * 2 == [refusal.place for refusal in refused]
        for refusal in refused:
            assert isinstance(refusal.error, RecordGone)
            assert {"mac_address": str(mac(1)), "replaced_by": str(mac(2))} == refusal.error.details
        assert 1 == bulk.load(some, ImportOptions(allow_replaced=True, dry_run=True)).new
        assert 1 == bulk.load(some, ImportOptions(allow_replaced=True)).new
        assert mac(1) in configs(store)
