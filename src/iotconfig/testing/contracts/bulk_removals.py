"""The contract of `BulkWrite` for entries that delete configs, that restore them, and that roll back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from iotconfig.adapters.memory import MemoryStore
from iotconfig.domain.announcing.ports import NotificationQueue
from iotconfig.domain.configs.bulk import (
    PREVENTING,
    AnyEntry,
    BulkDeletion,
    BulkEntry,
    BulkRestoration,
    BulkResult,
    OnConflict,
    Outcome,
)
from iotconfig.domain.configs.bulk_options import EntryRules
from iotconfig.domain.configs.config import Config
from iotconfig.domain.configs.history import HistoryService
from iotconfig.domain.configs.ports import BulkWrite
from iotconfig.domain.configs.revisions import ChangeNote, HistoryQuery, Operation, Revision
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.domain.errors import ValidationFailed
from iotconfig.testing.builders import content, mac
from iotconfig.testing.bulk_builders import StillClock, configs, entries, entry, everything
from iotconfig.testing.clocks import START
from iotconfig.testing.use_cases import UseCases

ALL = frozenset(Outcome)
NOTE = ChangeNote("eve", "all")


def deletion(config: Config) -> BulkDeletion:
    """The entry that deletes this config."""
    return BulkDeletion(f"place {config.mac_address}", config.mac_address, config.revision)


def restoration(gone: Revision) -> BulkRestoration:
    """The entry that takes this deletion back, with content of its own."""
    return BulkRestoration(
        f"place {gone.mac_address}", gone.mac_address, content(back=1), gone.config_id, gone.revision
    )


def store_in(write: BulkWrite, clock: StillClock, *, all_or_nothing: bool = False) -> bool:
    """Store the entries of a write."""
    with write.lock():
        write.compare(EntryRules())
        if all_or_nothing and PREVENTING & write.tally().keys():
            return False
        write.store(NOTE, clock())
    return True


def stored(store: Store, items: list[AnyEntry]) -> list[BulkResult]:
    """Store what can be stored of these entries, and return all results."""
    with store.bulk_writing() as write:
        write.add(items)
        store_in(write, StillClock())
        return list(write.results(ALL))


def outcomes(results: list[BulkResult]) -> list[tuple[Outcome, int | None, int | None]]:
    """Return outcome, id and revision of each result."""
    return [(result.outcome, result.config_id, result.revision) for result in results]


class BulkRemovalsContract(UseCases):
    """Needs the fixtures `store`, an empty store, and `queue`, its notifications."""

    @staticmethod
    def deleted(service: ConfigService, history: HistoryService, number: int) -> Revision:
        """A new config that was deleted: the revision of its deletion."""
        created = service.create(mac(number), content(n=number))
        service.delete(created.id)
        return history.revision(created.id, created.revision + 1)

    @pytest.mark.parametrize("later", [1, -1])
    def test_removals_are_stored_as_one_by_one(
        self, store: Store, queue: NotificationQueue, later: int
    ) -> None:
        """Every row is as `ConfigService` writes it, even if the clock was set back: counters, documents and announcements too."""
        reference, clock = MemoryStore(), StillClock(START)
        of_reference = reference.notifications()
        for one in (reference, store):
            clock.now = START
            service, history = ConfigService(one, clock), HistoryService(one, clock)
            kept = [service.create(mac(number), content(n=number)) for number in range(1, 7)]
            kept[5] = service.replace_device(kept[5].id, mac(7))
            clock.now = START + timedelta(minutes=30)
            for config in kept[3:]:
                service.delete(config.id)
            gone = [history.revisions(HistoryQuery(config.id)).revisions[0] for config in kept[3:]]
            clock.now = START + timedelta(hours=later)
            if one is reference:
                for config in kept[:2]:
                    service.delete(config.id, note=NOTE)
                for config in kept[3:]:
                    service.restore(config.id, NOTE)
            else:
                with one.bulk_writing() as write:
                    write.add([deletion(config) for config in reversed(kept[:2])])
                    write.add(
                        [
                            BulkRestoration("", row.mac_address, config.content, row.config_id, row.revision)
                            for config, row in zip(kept[3:], gone, strict=True)
                        ]
                    )
                    assert store_in(write, clock)
                    assert {Outcome.DELETED: 2, Outcome.RESTORED: 3} == dict(write.tally())

        expected = everything(reference, of_reference, range(1, 8))
        found = everything(store, queue, range(1, 8))
        for part, value in expected.items():
            assert value == found[part], part

    def test_removals_have_results(
        self, store: Store, service: ConfigService, history: HistoryService
    ) -> None:
        """A deletion and a restoration have the id of their config, and the revision that it has after them."""
        kept = service.create(mac(1), content(n=1))
        gone = self.deleted(service, history, 2)
        found = [(Outcome.DELETED, kept.id, 2), (Outcome.RESTORED, gone.config_id, 3)]
        with store.bulk_writing() as write:
            write.add([deletion(kept), restoration(gone)])
            write.compare(EntryRules(OnConflict.FAIL))

            assert found == outcomes(list(write.results(ALL)))
            assert [mac(1)] == list(configs(store))
            assert store_in(write, StillClock(), all_or_nothing=True)
            assert found == outcomes(list(write.results(ALL)))
        (config,) = configs(store).values()
        assert (gone.config_id, mac(2), content(back=1), 3) == (
            config.id,
            config.mac_address,
            config.content,
            config.revision,
        )
        assert service.create(mac(3), content()).id not in (kept.id, gone.config_id)

    def test_a_rollback_is_named_in_the_history(
        self, store: Store, service: ConfigService, history: HistoryService
    ) -> None:
        """An entry that rolls back is an update of this operation; the first config of a device is a creation all the same."""
        service.create(mac(1), content(n=1))
        items: list[AnyEntry] = [
            BulkEntry("", mac(number), content(z=1), operation=Operation.ROLLBACK) for number in (1, 2)
        ]

        assert [Outcome.CHANGED, Outcome.NEW] == [result.outcome for result in stored(store, items)]
        newest = [
            history.revisions(HistoryQuery(config.id)).revisions[0] for config in configs(store).values()
        ]
        assert [Operation.ROLLBACK, Operation.CREATE] == [revision.operation for revision in newest]

    def test_a_stale_deletion_deletes_nothing(self, store: Store, service: ConfigService) -> None:
        """A config at another revision stays; one that is deleted already, and an unknown device, get no revision."""
        changed = service.create(mac(1), content(n=1))
        service.put(mac(1), content(n=11))
        gone = service.create(mac(2), content(n=2))
        service.delete(gone.id)
        results = stored(store, [deletion(changed), deletion(gone), BulkDeletion("", mac(3), 1)])

        assert [
            (Outcome.STALE, changed.id, 2),
            (Outcome.STALE, None, None),
            (Outcome.STALE, None, None),
        ] == outcomes(results)
        assert [mac(1)] == list(configs(store))
        assert [3, 1] == [service.create(mac(number), content()).revision for number in (2, 3)]

    def test_a_stale_restoration_restores_nothing(
        self, store: Store, service: ConfigService, history: HistoryService
    ) -> None:
        """It is stale once the config was restored, and deleted again, too; for another device, and for an unknown config."""
        back, again, elsewhere = (self.deleted(service, history, number) for number in (1, 2, 3))
        service.restore(back.config_id)
        service.restore(again.config_id)
        service.delete(again.config_id)
        results = stored(
            store,
            [
                restoration(back),
                restoration(again),
                BulkRestoration("", mac(4), content(), elsewhere.config_id, elsewhere.revision),
                BulkRestoration("", mac(5), content(), 99, 1),
            ],
        )

        assert [Outcome.STALE] * 4 == [result.outcome for result in results]
        assert [mac(1)] == list(configs(store))
        assert 3 == service.get_by_mac(mac(1)).revision

    def test_a_deleted_config_does_not_return_to_a_device_in_use(
        self, store: Store, queue: NotificationQueue, service: ConfigService, history: HistoryService
    ) -> None:
        """It is refused while the device has another config; one that is deleted since does not matter."""
        gone, free = (self.deleted(service, history, number) for number in (1, 2))
        other = service.create(mac(1), content(n=11))
        service.delete(service.create(mac(2), content(n=22)).id)
        before = everything(store, queue, (1, 2))
        with store.bulk_writing() as write:
            write.add([restoration(gone), restoration(free)])

            assert not store_in(write, StillClock(), all_or_nothing=True)
            assert [(Outcome.IN_USE, gone.config_id, other.revision)] == outcomes(
                list(write.results({Outcome.IN_USE}))
            )
            assert {Outcome.IN_USE: 1, Outcome.RESTORED: 1} == dict(write.tally())
        assert before == everything(store, queue, (1, 2))
        assert [Outcome.IN_USE, Outcome.RESTORED] == [
            result.outcome for result in stored(store, [restoration(gone), restoration(free)])
        ]
        assert (other, 5) == (service.get(other.id), service.get(free.config_id).revision)

    def test_stale_removals_are_removed_and_their_configs_selected(
        self, store: Store, service: ConfigService, history: HistoryService
    ) -> None:
        """`select_stale` takes them with the others, and selects the configs that exist."""
        changed, kept = (service.create(mac(number), content(n=number)) for number in (1, 2))
        gone, back = (self.deleted(service, history, number) for number in (3, 4))
        service.put(mac(1), content(n=11))
        service.restore(back.config_id)
        with store.bulk_writing() as write:
            write.add([deletion(changed), deletion(kept), restoration(gone), restoration(back)])

            assert 2 == write.select_stale()
            assert [mac(1), mac(4)] == [config.mac_address for page in write.selected() for config in page]
            assert store_in(write, StillClock(), all_or_nothing=True)
            assert {Outcome.DELETED: 1, Outcome.RESTORED: 1} == dict(write.tally())

    def test_removals_of_one_device_are_duplicates(
        self, store: Store, service: ConfigService, history: HistoryService
    ) -> None:
        """Entries of different kinds for one device are taken out like others."""
        kept, gone = service.create(mac(1), content(n=1)), self.deleted(service, history, 2)
        with store.bulk_writing() as write:
            write.add([deletion(kept), restoration(gone), entry(1), entry(2)])

            assert 4 == len(list(write.take_duplicates()))
            assert store_in(write, StillClock(), all_or_nothing=True)
            assert {} == dict(write.tally())

    def test_many_are_deleted_and_restored(
        self, store: Store, service: ConfigService, history: HistoryService
    ) -> None:
        """More than a thousand configs are deleted in one write, and restored with their ids in another."""
        with store.bulk_writing() as write:
            write.add(entries(range(1100)))
            store_in(write, StillClock())
        before = configs(store)
        gone = stored(store, [deletion(config) for config in before.values()])
        assert {} == configs(store)
        back = stored(
            store,
            [
                BulkRestoration("", result.mac_address, content(back=1), result.config_id, result.revision)
                for result in gone
                if result.config_id is not None and result.revision is not None
            ],
        )

        assert [Outcome.RESTORED] * 1100 == [result.outcome for result in back]
        assert {address: config.id for address, config in before.items()} == {
            address: config.id for address, config in configs(store).items()
        }

    def test_entries_are_checked(self) -> None:
        """An operation that replaces no content, and a revision or an id of another kind, are refused."""
        with pytest.raises(ValidationFailed, match="update or a rollback"):
            BulkEntry("", mac(1), content(), operation=Operation.DELETE)
        with pytest.raises(TypeError, match="operation"):
            BulkEntry("", mac(1), content(), operation="update")  # type: ignore[arg-type] # what is refused
        with pytest.raises(TypeError, match="revision"):
            BulkDeletion("", mac(1), None)  # type: ignore[arg-type] # what is refused
        with pytest.raises(TypeError, match="id"):
            BulkRestoration("", mac(1), content(), "1", 1)  # type: ignore[arg-type] # what is refused
