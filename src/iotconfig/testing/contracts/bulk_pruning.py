"""The contract of `BulkWrite` for the deletion of configs that have no entry."""

from __future__ import annotations

import pytest

from iotconfig.domain.announcing.ports import NotificationQueue
from iotconfig.domain.configs.bulk import (
    BulkEntry,
    BulkRefusal,
    BulkResult,
    Outcome,
    Tally,
)
from iotconfig.domain.configs.bulk_options import EntryRules, ImportOptions
from iotconfig.domain.configs.bulk_service import BulkService
from iotconfig.domain.configs.revisions import UNSIGNED
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.domain.errors import PreconditionFailed, RecordGone, ValidationFailed
from iotconfig.testing.builders import content, mac
from iotconfig.testing.bulk_builders import StillClock, configs, entries, entry, everything
from iotconfig.testing.clocks import SteppingClock
from iotconfig.testing.use_cases import UseCases

CLOCK = StillClock()
BAD = BulkRefusal("bad", ValidationFailed("bad"))


def put(service: ConfigService, count: int) -> None:
    """Store the configs of the boards from 1 to `count`."""
    for number in range(1, count + 1):
        service.put(mac(number), content(n=number))


class BulkPruningContract(UseCases):
    """Needs the fixtures `store`, an empty store, and `queue`, its notifications."""

    @pytest.fixture
    def bulk(self, store: Store, clock: SteppingClock) -> BulkService:
        """The bulk use cases over the same store."""
        return BulkService(store, clock)

    def test_configs_without_an_entry_are_deleted(self, store: Store, service: ConfigService) -> None:
        """They are added in the order of MAC addresses, and stored with the other entries."""
        put(service, 5)
        ids = {number: service.get_by_mac(mac(number)).id for number in (2, 4)}
        with store.bulk_writing() as write:
            write.add([entry(5, content(z=5)), entry(9), entry(3), entry(1)])
            assert 2 == write.add_deletions_of_others()
            assert 0 == write.add_deletions_of_others()
            with write.lock():
                write.compare(EntryRules())
                write.store(UNSIGNED, CLOCK())

            assert [
                BulkResult(str(mac(number)), mac(number), Outcome.DELETED, ids[number], 2)
                for number in (2, 4)
            ] == list(write.results({Outcome.DELETED}))
            assert {Outcome.CHANGED: 1, Outcome.NEW: 1, Outcome.SAME: 2, Outcome.DELETED: 2} == dict(
                write.tally()
            )
        assert [mac(1), mac(3), mac(5), mac(9)] == list(configs(store))

    def test_a_config_that_changes_meanwhile_is_not_deleted(
        self, store: Store, service: ConfigService
    ) -> None:
        """Its deletion is stale; a config that is created meanwhile stays, too."""
        put(service, 3)
        with store.bulk_writing() as write:
            write.add([entry(1)])
            write.add_deletions_of_others()
            service.put(mac(2), content(later=2))
            service.put(mac(4), content(later=4))
            with write.lock():
                write.compare(EntryRules())

            assert {Outcome.SAME: 1, Outcome.STALE: 1, Outcome.DELETED: 1} == dict(write.tally())

    def test_more_than_a_page(self, store: Store, bulk: BulkService) -> None:
        """Thousands of configs are deleted at once."""
        bulk.load(entries(range(2300)), ImportOptions())
        removed: list[BulkResult] = []
        tally = bulk.load(entries(range(5)), ImportOptions(prune=True), on_result=removed.append)

        assert (5, 2295, True) == (tally.same, tally.deleted, tally.stored)
        assert [mac(number) for number in range(5, 2300)] == [result.mac_address for result in removed]
        assert 5 == len(configs(store))

    def test_a_dry_run_lists_and_keeps(
        self, store: Store, queue: NotificationQueue, service: ConfigService, bulk: BulkService
    ) -> None:
        """The same deletions are reported, and nothing is stored."""
        put(service, 3)
        before, removed = everything(store, queue, range(1, 4)), list[BulkResult]()

        assert Tally(same=1, deleted=2) == bulk.load(
            [entry(1)], ImportOptions(prune=True, dry_run=True), on_result=removed.append
        )
        assert [mac(2), mac(3)] == [result.mac_address for result in removed]
        assert before == everything(store, queue, range(1, 4))

    @pytest.mark.parametrize("kind", ["source", "duplicate", "conflict", "replaced"])
    def test_nothing_is_deleted_if_something_is_refused(
        self, store: Store, queue: NotificationQueue, service: ConfigService, bulk: BulkService, kind: str
    ) -> None:
        """Whatever is refused: a file that cannot be read may be the one of a config that would be deleted."""
        put(service, 3)
        service.replace_device(service.create(mac(4), content()).id, mac(5))
        other: dict[str, BulkEntry | BulkRefusal] = {
            "source": BAD,
            "duplicate": entry(1),
            "conflict": entry(2, content(z=1)),
            "replaced": entry(4),
        }
        before, refused = everything(store, queue, range(1, 6)), list[BulkRefusal]()

        assert not bulk.load(
            [entry(1), other[kind]], ImportOptions(prune=True), on_refusal=refused.append
        ).stored
        assert before == everything(store, queue, range(1, 6))
        assert (kind == "replaced") == isinstance(refused[0].error, RecordGone)

    def test_an_empty_source_deletes_nothing_unless_allowed(
        self, store: Store, service: ConfigService, bulk: BulkService
    ) -> None:
        """An empty source is rather a wrong one. Where nothing is stored, it has no effect."""
        assert Tally() == bulk.load([], ImportOptions(prune=True))
        put(service, 2)
        with pytest.raises(ValidationFailed, match="all 2 that are stored would be deleted"):
            bulk.load([], ImportOptions(prune=True))
        assert 2 == len(configs(store))

        assert 2 == bulk.load([], ImportOptions(prune=True, allow_empty=True)).deleted
        assert {} == configs(store)

    @pytest.mark.parametrize("expected", [0, 1, 3])
    def test_another_number_than_expected_is_refused(
        self, store: Store, service: ConfigService, bulk: BulkService, expected: int
    ) -> None:
        """The error has the number; nothing is stored, no new config either."""
        put(service, 3)
        with pytest.raises(PreconditionFailed) as refused:
            bulk.load([entry(1), entry(9)], ImportOptions(prune=True, expect_removed=expected))

        assert {"removed": 2} == refused.value.details
        assert [mac(1), mac(2), mac(3)] == list(configs(store))
        assert 2 == bulk.load([entry(1)], ImportOptions(prune=True, expect_removed=2)).deleted
