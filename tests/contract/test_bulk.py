"""Bulk import and export: the outcome of each config, and the unchanged rest."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from attrs import evolve

from iotconfig.domain.configs.bulk import (
    BulkEntry,
    BulkRefusal,
    ExportedConfig,
    OnConflict,
    Tally,
)
from iotconfig.domain.configs.bulk_options import ImportOptions
from iotconfig.domain.configs.bulk_service import BulkService
from iotconfig.domain.configs.revisions import ChangeNote, Operation
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.domain.errors import PreconditionFailed, RecordExists, ValidationFailed
from iotconfig.domain.mac import MacAddress
from iotconfig.testing.builders import content, mac
from iotconfig.testing.bulk_builders import counts
from iotconfig.testing.clocks import SteppingClock

from .bulk_stores import configs, entries, entry, everything, histories, notifications, places, rows
from .queues import queue_of

FAIL, SKIP, REPLACE = OnConflict.FAIL, OnConflict.SKIP, OnConflict.REPLACE
BAD = BulkRefusal("bad", ValidationFailed("It is bad."))


class Oops(Exception):
    """Raised during a bulk write."""


@pytest.fixture
def bulk(store: Store, clock: SteppingClock) -> BulkService:
    """The use cases for many configs, over the same store as the service."""
    return BulkService(store, clock)


@pytest.fixture
def some(service: ConfigService) -> list[BulkEntry]:
    """One new entry, one with other content and one with the stored content; earlier changes are announced."""
    for number in (2, 3):
        service.put(mac(number), content(n=number))
    queue = queue_of(service.store)
    queue.acknowledge(queue.find(99), [])
    return [entry(1), entry(2, content(z=2)), entry(3)]


@pytest.mark.parametrize(
    ("on_conflict", "keep_going", "tally", "refused"),
    [
        (FAIL, False, Tally(new=1, same=1, refused=1), ["place 2"]),
        (FAIL, True, Tally(new=1, same=1, refused=1, stored=True), ["place 2"]),
        (SKIP, False, Tally(new=1, same=1, skipped=1, stored=True), []),
        (REPLACE, False, Tally(new=1, same=1, changed=1, stored=True), []),
        (REPLACE, True, Tally(new=1, same=1, changed=1, stored=True), []),
    ],
)
def test_outcomes_of_an_import(
    store: Store,
    bulk: BulkService,
    some: list[BulkEntry],
    on_conflict: OnConflict,
    keep_going: bool,
    tally: Tally,
    refused: list[str],
) -> None:
    """The options decide on conflicts; a dry run gives the same outcomes and stores nothing."""
    options, reported = ImportOptions(on_conflict, keep_going=keep_going), list[BulkRefusal]()
    before, rows_before = everything(store, range(1, 4)), rows(store)

    assert evolve(tally, stored=False) == bulk.load(
        some, evolve(options, dry_run=True), on_refusal=reported.append
    )
    assert refused == places(reported)
    assert rows_before == rows(store)
    assert before == everything(store, range(1, 4))

    reported.clear()
    assert tally == counts(bulk.load(some, options, ChangeNote("eve", "all"), reported.append))
    assert refused == places(reported)
    assert [RecordExists] * len(refused) == [type(refusal.error) for refusal in reported]
    expected = {mac(2): content(n=2), mac(3): content(n=3)}
    if tally.stored:
        expected[mac(1)] = content(n=1)
    if tally.changed:
        expected[mac(2)] = content(z=2)
    assert expected == {address: config.content for address, config in configs(store).items()}
    assert (tally.new + tally.changed if tally.stored else 0) == len(notifications(store))


def test_an_import_is_in_the_history(store: Store, bulk: BulkService, some: list[BulkEntry]) -> None:
    """Each stored config has one revision with the note; an unchanged one has none."""
    bulk.load(some, ImportOptions(REPLACE), ChangeNote("eve", "all of them"))
    found = histories(store, (1, 2, 3))

    assert [Operation.CREATE] == [r.operation for r in found[mac(1)]]
    assert [Operation.CREATE, Operation.UPDATE] == [r.operation for r in found[mac(2)]]
    assert [Operation.CREATE] == [r.operation for r in found[mac(3)]]
    assert {ChangeNote("eve", "all of them")} == {found[mac(n)][-1].note for n in (1, 2)}
    assert ChangeNote() == found[mac(3)][-1].note
    assert content(z=2) == found[mac(2)][-1].content


def test_a_repeated_import_changes_nothing(store: Store, bulk: BulkService, some: list[BulkEntry]) -> None:
    """It makes no revision and announces nothing."""
    bulk.load(some, ImportOptions(REPLACE))
    queue = queue_of(store)
    queue.acknowledge(queue.find(99), [])
    before = everything(store, range(1, 4))

    assert Tally(same=3) == bulk.load(some, ImportOptions(REPLACE))
    assert before == everything(store, range(1, 4))
    assert {} == notifications(store)


@pytest.mark.parametrize("keep_going", [False, True])
def test_entries_for_another_revision_are_refused(
    store: Store, bulk: BulkService, some: list[BulkEntry], keep_going: bool
) -> None:
    """An entry whose device has no config, or one at another revision, is refused, and its place is reported."""
    bulk.load(some, ImportOptions(REPLACE))
    before = configs(store)
    reported: list[BulkRefusal] = []
    source = [entry(1, content(z=1), if_revision=9), entry(8, if_revision=1), entry(7)]
    tally = bulk.load(source, ImportOptions(REPLACE, keep_going=keep_going), on_refusal=reported.append)

    assert Tally(new=1, refused=2, stored=keep_going) == counts(tally)
    assert ["place 1", "place 8"] == places(reported)
    assert [PreconditionFailed] * 2 == [type(refusal.error) for refusal in reported]
    assert {"revision": 1} == reported[0].error.details
    assert "has none" in str(reported[1].error)
    assert ({mac(7)} if keep_going else set()) == configs(store).keys() - before.keys()


@pytest.mark.parametrize("keep_going", [False, True])
def test_all_duplicates_are_refused(store: Store, bulk: BulkService, keep_going: bool) -> None:
    """Each refusal names another entry of the same device."""
    twice = [entry(1), evolve(entry(1), place="again"), entry(2)]
    reported: list[BulkRefusal] = []
    tally = bulk.load(twice, ImportOptions(keep_going=keep_going), on_refusal=reported.append)

    assert Tally(new=1, refused=2, stored=keep_going) == counts(tally)
    assert [("place 1", "again has the same"), ("again", "place 1 has the same")] == [
        (r.place, str(r.error)[: len(f"{other} has the same")])
        for r, other in zip(reported, ["again", "place 1"], strict=True)
    ]
    assert {"mac_address": str(mac(1))} == reported[0].error.details
    assert ([mac(2)] if keep_going else []) == list(configs(store))


@pytest.mark.parametrize("keep_going", [False, True])
def test_refusals_of_the_source(store: Store, bulk: BulkService, keep_going: bool) -> None:
    """An entry that the reader refused is reported with its position, and stops the import or is skipped."""
    reported: list[BulkRefusal] = []
    tally = bulk.load(
        [entry(1), BAD, entry(2)], ImportOptions(keep_going=keep_going), on_refusal=reported.append
    )

    assert Tally(new=2, refused=1, stored=keep_going) == counts(tally)
    assert [BAD] == reported
    assert (2 if keep_going else 0) == len(configs(store))


def test_every_kind_of_refusal_is_reported_in_one_run(bulk: BulkService, some: list[BulkEntry]) -> None:
    """One run lists all defects of a source."""
    reported: list[BulkRefusal] = []
    tally = bulk.load(
        [BAD, *some, entry(9), evolve(entry(9), place="again")], ImportOptions(), on_refusal=reported.append
    )

    assert ["bad", "place 9", "again", "place 2"] == places(reported)
    assert Tally(new=1, same=1, refused=4) == tally


@pytest.mark.parametrize("keep_going", [False, True])
def test_a_source_that_fails_leaves_nothing(store: Store, bulk: BulkService, keep_going: bool) -> None:
    """An error of the source is raised, and nothing is stored in any mode."""

    def broken() -> Iterator[BulkEntry]:
        yield from entries(range(1500))
        raise Oops

    with pytest.raises(Oops):
        bulk.load(broken(), ImportOptions(keep_going=keep_going))
    assert {} == configs(store)
    assert Tally(new=1, stored=True) == counts(bulk.load([entry(1)], ImportOptions()))
    assert 1 == configs(store)[mac(1)].revision


def test_writers_do_not_wait_for_a_slow_source(
    store: Store, bulk: BulkService, service: ConfigService
) -> None:
    """While the source is read, others write even the same devices; the import sees their changes."""

    def slow() -> Iterator[BulkEntry]:
        for number in range(3):
            yield entry(number)
            service.put(mac(number), content(n=number) if number == 0 else content(w=number))

    assert Tally(changed=2, same=1, stored=True) == counts(bulk.load(slow(), ImportOptions(REPLACE)))
    assert {mac(0): 1, mac(1): 2, mac(2): 2} == {a: c.revision for a, c in configs(store).items()}


def test_an_import_larger_than_a_batch(store: Store, bulk: BulkService) -> None:
    """Thousands of entries, and large ones, are all stored."""
    large = content(x="y" * 200_000)
    source = [*entries(range(2500)), *(entry(n, large) for n in range(2500, 2512))]

    assert Tally(new=2512, stored=True) == counts(bulk.load(source, ImportOptions()))
    with bulk.export() as exported:
        assert [ExportedConfig(e.mac_address, e.content.text) for e in source] == list(exported)


def test_an_import_and_an_export_without_configs(bulk: BulkService) -> None:
    """Neither is an error."""
    assert Tally() == bulk.load([], ImportOptions())
    with bulk.export() as exported:
        assert [] == list(exported)


def test_an_export_is_of_one_moment(store: Store, bulk: BulkService, service: ConfigService) -> None:
    """Updates, deletions, creations and moves during an export are not in it."""
    bulk.load(entries(range(1200)), ImportOptions())
    seen: list[MacAddress] = []
    with bulk.export() as exported:
        for number, config in enumerate(exported):
            seen.append(config.mac_address)
            assert {"n": number} == json.loads(config.text)
            if number == 0:
                service.put(mac(1199), content(changed=True))
                service.delete(service.get_by_mac(mac(1198)).id)
                service.replace_device(service.get_by_mac(mac(1197)).id, mac(5000))
                service.create(mac(6000), content())

    assert [mac(number) for number in range(1200)] == seen
    assert 1200 == len(configs(store))


def test_an_export_can_be_abandoned(bulk: BulkService, service: ConfigService) -> None:
    """An abandoned export returns its connection, as the teardown checks."""
    bulk.load(entries(range(1200)), ImportOptions())

    def leave() -> None:
        with bulk.export() as exported:
            next(exported)
            raise Oops

    with pytest.raises(Oops):
        leave()
    assert 2 == service.put(mac(0), content(a=1))[0].revision
