"""The contract of the ids of changes, and of undoing a change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from random import Random

import pytest
from attrs import evolve

from iotconfig.domain.configs.bulk import (
    BulkEntry,
    BulkRefusal,
    BulkResult,
    OnConflict,
    Outcome,
    Tally,
)
from iotconfig.domain.configs.bulk_options import BulkOptions, ImportOptions
from iotconfig.domain.configs.bulk_service import BulkService
from iotconfig.domain.configs.edits import Merge, Rollback
from iotconfig.domain.configs.history import HistoryService
from iotconfig.domain.configs.revisions import ChangeNote, HistoryQuery, Operation, Retention, RevisionSummary
from iotconfig.domain.configs.selection import Selection
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.domain.documents.merge_patch import MergePatch
from iotconfig.domain.errors import (
    ChangedSince,
    ContentTooLarge,
    IotConfigError,
    RecordExists,
    RecordGone,
    RecordNotFound,
    ValidationFailed,
)
from iotconfig.domain.mac import MacAddress
from iotconfig.testing.builders import content, mac
from iotconfig.testing.bulk_builders import configs, entries
from iotconfig.testing.clocks import SteppingClock, step
from iotconfig.testing.use_cases import UseCases

ALL = BulkOptions()
KEEP_GOING = BulkOptions(keep_going=True)
FAIL = ImportOptions()
REPLACE = ImportOptions(OnConflict.REPLACE)
DEVICES = range(1, 6)


def state(store: Store) -> dict[MacAddress, tuple[int, str]]:
    """Id and content of every config."""
    return {address: (config.id, config.content.text) for address, config in configs(store).items()}


def newest(history: HistoryService, config_id: int) -> RevisionSummary:
    """The newest revision of a config."""
    return history.revisions(HistoryQuery(config_id, limit=1)).revisions[0]


def refused(bulk: BulkService, change: str, options: BulkOptions = ALL) -> dict[str, IotConfigError]:
    """Undo a change; the refused configs by place, and their errors."""
    refusals: list[BulkRefusal] = []
    tally = bulk.undo(change, options, on_refusal=refusals.append)
    assert (len(refusals), options.keep_going and tally.change is not None) == (tally.refused, tally.stored)
    return {refusal.place: refusal.error for refusal in refusals}


class UndoContract(UseCases):
    """Needs the fixture `store`, an empty store."""

    @pytest.fixture
    def bulk(self, store: Store, clock: SteppingClock) -> BulkService:
        """The use cases for many configs, over the same store as the service."""
        return BulkService(store, clock)

    def test_every_write_has_an_id(
        self, store: Store, service: ConfigService, history: HistoryService, bulk: BulkService
    ) -> None:
        """The config, its revision and the change log have the same id; the revisions of one write share it."""
        created = service.create(mac(1), content(n=1))
        updated = service.update(created.id, content(n=2))
        tally = bulk.load(entries(range(1, 4)), REPLACE)
        deleted = service.delete(created.id)
        restored = service.restore(created.id)
        ids = [created.change, updated.change, tally.change, deleted, restored.change]

        assert 5 == len(set(ids))
        assert ids == [r.change for r in reversed(history.revisions(HistoryQuery(created.id)).revisions)]
        assert restored.change == service.get(created.id).change == service.get_by_mac(mac(1)).change
        assert deleted == history.revision(created.id, 4).change
        assert [tally.change] * 2 == [service.get_by_mac(mac(number)).change for number in (2, 3)]
        logged = store.changes_since(0, 100)
        assert [*ids[:2], *[tally.change] * 3, *ids[3:]] == [change.change for change in logged]

    def test_what_is_not_stored_has_no_id(self, service: ConfigService, bulk: BulkService) -> None:
        """A dry run, a refused write, and one without a difference have none; equal content keeps that of its revision."""
        created = service.create(mac(1), content(n=1))
        dry = ImportOptions(OnConflict.REPLACE, dry_run=True)

        assert created.change == service.update(created.id, content(n=1)).change
        for options, items in ((FAIL, entries([1], a=1)), (FAIL, entries([1])), (dry, entries([2]))):
            tally = bulk.load(items, options)
            assert (None, False) == (tally.change, tally.stored)

    def test_each_kind_of_change_is_undone(
        self, store: Store, service: ConfigService, history: HistoryService, bulk: BulkService
    ) -> None:
        """A creation and a restore are deleted, a deletion is restored under its id, and content goes back byte for byte."""
        odd = content('{ "a":1.10,\r\n "b":"\\u00fc" }')
        created = service.create(mac(1), odd)
        updated = service.update(created.id, content(a=2))
        results: list[BulkResult] = []

        def undone(change: str) -> tuple[Operation, str]:
            tally = bulk.undo(change, ALL, ChangeNote("eve"), on_result=results.append)
            made = newest(history, created.id)
            assert (tally.change, "eve", f"Undo of change {change}") == (
                made.change,
                made.author,
                made.message,
            )
            return made.operation, "" if mac(1) not in state(store) else service.get(created.id).content.text

        assert (Operation.ROLLBACK, odd.text) == undone(updated.change)
        assert (Operation.ROLLBACK, content(a=2).text) == undone(newest(history, created.id).change)
        rolled_back = service.edit(created.id, Rollback(1))
        assert (Operation.ROLLBACK, content(a=2).text) == undone(rolled_back.change)
        deleted = service.delete(created.id)
        assert (Operation.RESTORE, content(a=2).text) == undone(deleted)
        assert (Operation.DELETE, "") == undone(newest(history, created.id).change)
        other = service.create(mac(2), content(n=2))
        bulk.undo(other.change, ALL)
        assert {} == state(store)
        assert (Operation.DELETE, 2) == (
            newest(history, other.id).operation,
            newest(history, other.id).revision,
        )
        assert [
            (Outcome.CHANGED, 3),
            (Outcome.CHANGED, 4),
            (Outcome.CHANGED, 6),
            (Outcome.RESTORED, 8),
            (Outcome.DELETED, 9),
        ] == [(result.outcome, result.revision) for result in results]
        assert {created.id} == {result.config_id for result in results}

    def test_a_change_of_many_is_undone(
        self, store: Store, service: ConfigService, bulk: BulkService
    ) -> None:
        """All configs of a patch get back their content, configs of an import that were new are deleted; and again."""
        bulk.load(entries(range(250)), FAIL)
        before = state(store)
        patch = MergePatch.parse('{"z": 1}')
        patched = bulk.patch(Selection(everything=True), patch, ALL).tally
        after = state(store)
        assert patched.change is not None
        undone = bulk.undo(patched.change, ALL)

        assert (250, True, before) == (undone.changed, undone.stored, state(store))
        assert undone.change is not None
        assert 250 == bulk.undo(undone.change, ALL).changed
        assert after == state(store)
        mixed = bulk.load([*entries(range(200, 300)), *entries([1], z=9)], REPLACE)
        assert (50, 50 + 1) == (mixed.new, mixed.changed)
        assert mixed.change is not None
        undone = bulk.undo(mixed.change, ALL)
        assert (50, 51, after) == (undone.deleted, undone.changed, state(store))

    def test_a_config_that_changed_again_prevents_the_undo(
        self, store: Store, service: ConfigService, bulk: BulkService
    ) -> None:
        """It is refused with the list, and nothing is stored; the others are undone when told to keep going."""
        tally = bulk.load(entries(range(1, 5)), FAIL)
        assert tally.change is not None
        service.put(mac(1), content(n=11))
        deleted = service.get_by_mac(mac(2))
        service.delete(deleted.id)
        before = state(store)
        errors = refused(bulk, tally.change)

        assert {str(mac(1)): ChangedSince, str(mac(2)): ChangedSince} == {
            place: type(error) for place, error in errors.items()
        }
        assert {"config_id": deleted.id, "revision": 2} == errors[str(mac(2))].details
        assert before == state(store)
        assert errors.keys() == refused(bulk, tally.change, KEEP_GOING).keys()
        assert {mac(1): before[mac(1)]} == state(store)
        assert 4 == len(refused(bulk, tally.change))

    def test_a_dry_run_of_an_undo(self, store: Store, bulk: BulkService) -> None:
        """It has the outcomes of the undo, and stores nothing."""
        tally = bulk.load(entries(range(1, 4)), FAIL)
        assert tally.change is not None
        before, results = state(store), list[BulkResult]()
        dry = bulk.undo(tally.change, BulkOptions(dry_run=True), on_result=results.append)

        assert (Tally(deleted=3), before) == (dry, state(store))
        assert [(Outcome.DELETED, 2)] * 3 == [(result.outcome, result.revision) for result in results]

    def test_content_that_was_pruned_cannot_come_back(
        self, service: ConfigService, history: HistoryService, bulk: BulkService
    ) -> None:
        """Without the revision before the change, it is refused; without that of the change, the change is unknown."""
        created = service.create(mac(1), content(n=1))
        updated = service.update(created.id, content(n=2))
        for _ in history.prune(Retention(keep=1, older_than=step(0) + timedelta(days=1))):
            pass
        (error,) = refused(bulk, updated.change).values()

        assert isinstance(error, RecordGone)
        with pytest.raises(RecordNotFound, match=created.change):
            bulk.undo(created.change, ALL)

    def test_a_board_swap_is_not_undone(
        self, store: Store, service: ConfigService, bulk: BulkService
    ) -> None:
        """It is refused with the command that moves the config back."""
        created = service.create(mac(1), content(n=1))
        moved = service.replace_device(created.id, mac(2))
        (error,) = refused(bulk, moved.change).values()

        assert isinstance(error, ValidationFailed)
        assert f"replace-device {created.id} {mac(1)}" in str(error)
        assert [mac(2)] == list(state(store))

    def test_content_that_breaks_a_rule_today_does_not_come_back(
        self, store: Store, service: ConfigService, bulk: BulkService
    ) -> None:
        """Previous content is checked as if it were new; a deletion's, too."""
        created = service.create(mac(1), content(text="x" * 100))
        updated = service.update(created.id, content(n=2))
        refusals: list[BulkRefusal] = []
        evolve(bulk, max_content_bytes=50).undo(updated.change, ALL, on_refusal=refusals.append)

        assert [ContentTooLarge] == [type(refusal.error) for refusal in refusals]
        assert {mac(1): (created.id, content(n=2).text)} == state(store)
        deleted = service.delete(created.id)
        evolve(bulk, max_content_bytes=4).undo(deleted, ALL, on_refusal=refusals.append)
        assert ({}, 2) == (state(store), len(refusals))

    def test_a_deletion_is_not_undone_on_a_device_in_use(
        self, store: Store, service: ConfigService, bulk: BulkService
    ) -> None:
        """The undo of its deletion is refused while the device has another config."""
        deleted = service.delete(service.create(mac(1), content(n=1)).id)
        other = service.create(mac(1), content(n=2))

        assert [RecordExists] == [type(error) for error in refused(bulk, deleted).values()]
        assert {mac(1): (other.id, other.content.text)} == state(store)
        service.delete(other.id)
        assert 1 == bulk.undo(deleted, ALL).restored

    @pytest.mark.parametrize("change", ["0" * 16, "", "0" * 15, "0" * 17, "x" * 16, "\x00" * 16, "é" * 16])
    def test_an_unknown_change_is_not_undone(
        self, service: ConfigService, bulk: BulkService, change: str
    ) -> None:
        """An id that no write had, and text that is no id, are not found."""
        service.create(mac(1), content())
        with pytest.raises(RecordNotFound, match="Change"):
            bulk.undo(change, ALL)

    def test_arguments_of_other_kinds(self, bulk: BulkService) -> None:
        """They are refused before anything is read."""
        with pytest.raises(TypeError):
            bulk.undo(1, ALL)  # type: ignore[arg-type] # what is refused
        with pytest.raises(TypeError):
            bulk.undo("0" * 16, {})  # type: ignore[arg-type] # what is refused

    def test_the_configs_of_a_change_in_pages(self, store: Store, bulk: BulkService) -> None:
        """They are sorted by id, each with the revision before the change and the number of the newest."""
        bulk.load(entries(range(1, 4)), FAIL)
        second = bulk.load(entries(range(1, 6), z=1), REPLACE)
        assert second.change is not None
        bulk.load(entries([2], z=2), REPLACE)
        with store.reading() as view:
            first_page = view.history.of_change(second.change, 0, 3)
            rest = view.history.of_change(second.change, first_page[-1].revision.config_id, 3)
            assert [] == list(view.history.of_change(second.change, rest[-1].revision.config_id, 3))
            assert [] == list(view.history.of_change("0" * 16, 0, 3))
        found = sorted([*first_page, *rest], key=lambda done: done.revision.mac_address)

        assert [done.revision.config_id for done in [*first_page, *rest]] == sorted(
            config.id for config in configs(store).values()
        )
        assert [
            (mac(1), 2, 1, 2),
            (mac(2), 2, 1, 3),
            (mac(3), 2, 1, 2),
            (mac(4), 1, None, 1),
            (mac(5), 1, None, 1),
        ] == [
            (
                done.revision.mac_address,
                done.revision.revision,
                done.before.revision if done.before else None,
                done.newest,
            )
            for done in found
        ]
        before = next(done.before for done in found if done.revision.mac_address == mac(3))
        assert before is not None
        assert content(n=3) == before.content

    @pytest.mark.parametrize("seed", range(3))
    def test_random_changes_are_undone_and_redone(
        self, store: Store, service: ConfigService, history: HistoryService, bulk: BulkService, seed: int
    ) -> None:
        """After the undo of any change, ids, contents and successors are as before it; after the undo of that, as after it."""
        random = Random(seed)  # noqa: S311 - it chooses changes

        def seen() -> object:
            with store.reading() as view:
                return state(store), [view.counters.replaced_by(mac(number)) for number in DEVICES]

        for number in range(25):
            before = seen()
            change = _change_at_random(random, number, service, history, bulk)
            if change is None:
                continue
            expected, after = seen(), state(store)
            undone = bulk.undo(change, ALL)
            assert (0, before) == (undone.refused, seen())
            assert undone.change is not None
            redone = bulk.undo(undone.change, ALL)
            assert (0, expected) == (redone.refused, seen())
            documents = {address: store.documents.get(address) for address in map(mac, DEVICES)}
            assert {address: text.encode() for address, (_, text) in after.items()} == {
                address: document.body for address, document in documents.items() if document is not None
            }


def _change_at_random(
    random: Random, number: int, service: ConfigService, history: HistoryService, bulk: BulkService
) -> str | None:
    """Make one change of some kind, and return its id; None for a board swap, and where the present state makes it none."""
    address = mac(random.choice(DEVICES))
    try:
        match random.randrange(8):
            case 0 | 1:
                return service.put(address, content(n=number))[0].change
            case 2:
                return service.delete(service.get_by_mac(address).id)
            case 3:
                return service.restore(history.config_of(address)).change
            case 4:
                config = service.get_by_mac(address)
                numbers: Sequence[int] = [
                    revision.revision
                    for revision in history.revisions(HistoryQuery(config.id)).revisions
                    if revision.operation is not Operation.DELETE and revision.etag != config.content.etag
                ]
                return service.edit(config.id, Rollback(random.choice(numbers))).change if numbers else None
            case 5:
                merge = Merge(MergePatch.parse(f'{{"merged": {number}}}'))
                return service.edit(service.get_by_mac(address).id, merge).change
            case 6:
                service.replace_device(service.get_by_mac(address).id, mac(random.choice(DEVICES)))
            case _:
                some = random.sample(list(DEVICES), 3)
                items = [BulkEntry("", mac(n), content(bulk=number)) for n in some]
                return bulk.load(items, evolve(REPLACE, allow_replaced=True)).change
    except (RecordNotFound, RecordExists, RecordGone):
        pass
    return None
