"""One merge patch to many configs: each gets it once, despite concurrent writers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import TypeVar

import pytest
from attrs import evolve

from iotconfig.domain.configs.bulk import (
    BulkRefusal,
    BulkResult,
    OnConflict,
    Outcome,
    PatchOutcome,
    Tally,
)
from iotconfig.domain.configs.bulk_options import BulkOptions, ImportOptions
from iotconfig.domain.configs.bulk_service import BulkService
from iotconfig.domain.configs.revisions import ChangeNote
from iotconfig.domain.configs.selection import Selection
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.domain.documents.member_value import MemberValue
from iotconfig.domain.documents.merge_patch import MergePatch
from iotconfig.domain.errors import ContentTooLarge, InvalidDocument, NothingSelected, UnexpectedCount
from iotconfig.domain.offload import run_inline
from iotconfig.testing.builders import content, mac
from iotconfig.testing.bulk_builders import counts
from iotconfig.testing.clocks import SteppingClock

from .bulk_stores import configs, entries, entry, everything, histories, notifications, places, rows
from .queues import queue_of

T = TypeVar("T")

OTA = MergePatch.parse('{"enableOTA": true}')
ALL = Selection(everything=True)


@pytest.fixture
def bulk(store: Store, clock: SteppingClock) -> BulkService:
    """The use cases for many configs, over the same store as the service."""
    return BulkService(store, clock)


def forget_notifications(store: Store) -> None:
    queue = queue_of(store)
    queue.acknowledge(queue.find(9999), [])


def texts(store: Store) -> list[str]:
    return [config.content.text for config in configs(store).values()]


def test_a_patch_of_selected_configs(store: Store, bulk: BulkService) -> None:
    """A config that has the member already is unchanged; each device has one result and one revision."""
    bulk.load(
        [
            entry(1, content('{ "deviceName":"Lamp 1" , "x":1.10 }')),
            entry(2, content('{"deviceName":"lamp 2","enableOTA": true}')),
            entry(3, content('{"deviceName":"Fan"}')),
        ],
        ImportOptions(),
    )
    forget_notifications(store)
    results: list[BulkResult] = []
    outcome = bulk.patch(
        Selection(text="LAMP"), OTA, BulkOptions(), ChangeNote("eve", "on"), on_result=results.append
    )
    found = configs(store)

    assert (Tally(changed=1, same=1, stored=True), ()) == (counts(outcome.tally), outcome.samples)
    assert [
        BulkResult(str(mac(1)), mac(1), Outcome.CHANGED, found[mac(1)].id, 2),
        BulkResult(str(mac(2)), mac(2), Outcome.SAME, found[mac(2)].id, 1),
    ] == results
    assert [
        '{ "deviceName":"Lamp 1" , "x":1.10, "enableOTA": true }',
        '{"deviceName":"lamp 2","enableOTA": true}',
        '{"deviceName":"Fan"}',
    ] == texts(store)
    assert ChangeNote("eve", "on") == histories(store, [1])[mac(1)][-1].note
    assert [f"config {mac(1)}"] == list(notifications(store))


def test_a_repeated_patch_changes_nothing(store: Store, bulk: BulkService) -> None:
    """It makes no revision and announces nothing."""
    bulk.load(entries(range(250)), ImportOptions())
    assert Tally(changed=250, stored=True) == counts(bulk.patch(ALL, OTA, BulkOptions()).tally)
    forget_notifications(store)

    assert Tally(same=250) == bulk.patch(ALL, OTA, BulkOptions()).tally
    assert {2} == {config.revision for config in configs(store).values()}
    assert {} == notifications(store)


def test_a_dry_run_shows_a_few_and_stores_nothing(store: Store, bulk: BulkService) -> None:
    """The counts are of all configs; the samples are the first changed ones, before and after."""
    bulk.load([entry(0, content(enableOTA=True)), *entries(range(1, 120))], ImportOptions())
    before, rows_before, found = everything(store, range(120)), rows(store), configs(store)
    results: list[BulkResult] = []
    outcome = bulk.patch(ALL, OTA, BulkOptions(dry_run=True), on_result=results.append)

    assert Tally(changed=119, same=1) == outcome.tally
    assert [found[mac(n)] for n in range(1, 6)] == [sample.config for sample in outcome.samples]
    assert {True} == {sample.content.enable_ota for sample in outcome.samples}
    assert [(mac(0), 1), *((mac(n), 2) for n in range(1, 120))] == [
        (r.mac_address, r.revision) for r in results
    ]
    assert rows_before == rows(store)
    assert before == everything(store, range(120))


@pytest.mark.parametrize("keep_going", [False, True])
def test_results_that_break_a_rule_are_refused(store: Store, bulk: BulkService, keep_going: bool) -> None:
    """Each refusal has the device and the reason; without `keep_going` nothing is stored."""
    bulk.load([entry(1, content(x="y" * 50)), *entries((2, 3))], ImportOptions())
    reported: list[BulkRefusal] = []
    results: list[BulkResult] = []
    outcome = evolve(bulk, max_content_bytes=60).patch(
        ALL,
        OTA,
        BulkOptions(keep_going=keep_going),
        on_refusal=reported.append,
        on_result=results.append,
    )

    assert Tally(changed=2, refused=1, stored=keep_going) == counts(outcome.tally)
    assert [str(mac(1))] == places(reported)
    assert isinstance(reported[0].error, ContentTooLarge)
    assert [mac(2), mac(3)] == [result.mac_address for result in results]
    assert ([1, 2, 2] if keep_going else [1, 1, 1]) == [c.revision for c in configs(store).values()]


def test_a_patch_that_breaks_a_derived_field(store: Store, bulk: BulkService) -> None:
    """The reason has a pointer to the member."""
    bulk.load(entries((1, 2)), ImportOptions())
    reported: list[BulkRefusal] = []
    outcome = bulk.patch(ALL, MergePatch.parse('{"enableOTA": 1}'), BulkOptions(), on_refusal=reported.append)

    assert Tally(refused=2) == outcome.tally
    assert [InvalidDocument] * 2 == [type(refusal.error) for refusal in reported]
    assert {"pointer": "/enableOTA"} == reported[0].error.details
    assert {1} == {config.revision for config in configs(store).values()}


@pytest.mark.parametrize("keep_going", [False, True])
def test_a_concurrent_change_is_patched(
    store: Store, bulk: BulkService, service: ConfigService, keep_going: bool
) -> None:
    """An update between reading and storing is kept, patched, and counted once."""
    bulk.load([entry(0, content(x="y" * 99)), *entries((1, 2, 3))], ImportOptions())
    interfered: list[int] = []

    def interfere(refusal: BulkRefusal) -> None:
        # A refusal is reported after all configs are read and before they are stored: another writer comes in here.
        reported.append(refusal)
        if not interfered:
            interfered.append(service.put(mac(2), content(theirs=1))[0].revision)

    reported: list[BulkRefusal] = []
    results: list[BulkResult] = []
    outcome = evolve(bulk, max_content_bytes=60).patch(
        ALL,
        OTA,
        BulkOptions(keep_going=keep_going),
        on_refusal=interfere,
        on_result=results.append,
    )

    assert Tally(changed=3, refused=1, stored=keep_going) == counts(outcome.tally)
    assert [str(mac(0))] == places(reported)
    assert [mac(1), mac(2), mac(3)] == sorted(result.mac_address for result in results)
    expected = '{"theirs": 1, "enableOTA": true}' if keep_going else '{"theirs": 1}'
    assert expected == configs(store)[mac(2)].content.text
    assert ([1, 2, 3, 2] if keep_going else [1, 1, 2, 1]) == [c.revision for c in configs(store).values()]


def interfering(store: Store, clock: SteppingClock, *changes: Callable[[], object]) -> BulkService:
    """The use cases, while others make one of these changes after each merge that runs without the lock."""
    remaining = list(changes)

    def merge_then_change(work: Callable[[], T], size: int) -> T:
        result = run_inline(work, size)
        if remaining:
            remaining.pop(0)()
        return result

    return BulkService(store, clock, offload=merge_then_change)


def test_a_config_that_never_stops_changing_is_patched(
    store: Store, clock: SteppingClock, service: ConfigService
) -> None:
    """A patch is made again a few times while others write, and in the end under the lock: it is never starved."""
    service.put(mac(1), content(n=0))
    merges: list[int] = []

    def change() -> None:
        merges.append(service.put(mac(1), content(n=len(merges) + 1))[0].revision)

    outcome = interfering(store, clock, *[change] * 99).patch(ALL, OTA, BulkOptions())

    assert Tally(changed=1, stored=True) == counts(outcome.tally)
    assert [2, 3, 4, 5] == merges
    assert ['{"n": 4, "enableOTA": true}'] == texts(store)
    assert [6] == [config.revision for config in configs(store).values()]


@pytest.mark.parametrize("keep_going", [False, True])
@pytest.mark.parametrize("rounds", [1, 4], ids=["without the lock", "under the lock"])
def test_what_becomes_unfit_for_the_patch_meanwhile_is_refused(
    store: Store, clock: SteppingClock, service: ConfigService, rounds: int, keep_going: bool
) -> None:
    """It is counted once and reported outside of the lock; without "keep going" nothing is stored."""
    for number in (1, 2):
        service.put(mac(number), content(n=number))
    harmless = [lambda: service.put(mac(2), content(n=clock().isoformat()))] * rounds
    reported: list[BulkRefusal] = []

    def report(refusal: BulkRefusal) -> None:
        # It would wait for the lock for ever.
        service.put(mac(3), content())
        reported.append(refusal)

    patching = interfering(store, clock, *harmless, lambda: service.put(mac(2), content(x="y" * 99)))
    outcome = evolve(patching, max_content_bytes=60).patch(
        ALL, OTA, BulkOptions(keep_going=keep_going), on_refusal=report
    )

    assert Tally(changed=1, refused=1, stored=keep_going) == counts(outcome.tally)
    assert [str(mac(2))] == places(reported)
    assert [2 if keep_going else 1, 2 + rounds, 1] == [c.revision for c in configs(store).values()]


def test_configs_that_are_deleted_meanwhile_are_left_out(
    store: Store, clock: SteppingClock, service: ConfigService
) -> None:
    """Neither patched nor counted."""
    for number in (1, 2):
        service.put(mac(number), content(n=number))
    bulk = interfering(store, clock, lambda: service.delete(service.get_by_mac(mac(1)).id))

    assert Tally(changed=1, stored=True) == counts(bulk.patch(ALL, OTA, BulkOptions()).tally)
    assert ['{"n": 2, "enableOTA": true}'] == texts(store)


@pytest.mark.parametrize("keep_going", [False, True])
def test_named_configs_that_do_not_exist_are_refused(
    store: Store, bulk: BulkService, keep_going: bool
) -> None:
    """Each is reported, MAC addresses first; they are no part of the expected number."""
    bulk.load([entry(1, content(deviceName="Porch")), entry(2), entry(3)], ImportOptions())
    reported: list[BulkRefusal] = []
    selection = Selection(mac_addresses=[mac(8), mac(2)], device_names=["porch", "Porch"], expect=2)
    outcome = bulk.patch(selection, OTA, BulkOptions(keep_going=keep_going), on_refusal=reported.append)

    assert Tally(changed=2, refused=2, stored=keep_going) == counts(outcome.tally)
    assert [str(mac(8)), "porch"] == places(reported)
    assert ["RECORD_NOT_FOUND"] * 2 == [refusal.error.code for refusal in reported]
    assert ([2, 2, 1] if keep_going else [1, 1, 1]) == [c.revision for c in configs(store).values()]


@pytest.mark.parametrize(("expect", "is_stored"), [(3, True), (2, False)])
def test_selected_configs_that_are_refused_are_expected_too(
    store: Store, bulk: BulkService, expect: int, is_stored: bool
) -> None:
    """`expect` is the number of configs that are selected, and not of those that fit."""
    bulk.load([entry(0, content(x="y" * 99)), *entries((1, 2))], ImportOptions())
    narrow, selection = evolve(bulk, max_content_bytes=60), Selection(everything=True, expect=expect)
    with nullcontext() if is_stored else pytest.raises(UnexpectedCount):
        outcome = narrow.patch(selection, OTA, BulkOptions(keep_going=True))
        assert Tally(changed=2, refused=1, stored=True) == counts(outcome.tally)

    assert ([1, 2, 2] if is_stored else [1, 1, 1]) == [config.revision for config in configs(store).values()]


def test_named_configs_must_meet_the_conditions(store: Store, bulk: BulkService) -> None:
    """A named config that does not meet them is left out, and is no missing one."""
    bulk.load(entries((1, 2, 3)), ImportOptions())
    selection = Selection(mac_addresses=[mac(1), mac(2)], where=[MemberValue("/n", "2.0")])

    assert Tally(changed=1, stored=True) == counts(bulk.patch(selection, OTA, BulkOptions()).tally)
    assert [1, 2, 1] == [config.revision for config in configs(store).values()]


def test_values_of_members_select(store: Store, bulk: BulkService) -> None:
    """They are looked up in all contents, a page at a time."""
    bulk.load(entries(range(250), odd=False), ImportOptions())
    bulk.load(entries(range(1, 250, 2), odd=True), ImportOptions(OnConflict.REPLACE))
    outcome = bulk.patch(Selection(where=[MemberValue("/odd", "true")], expect=125), OTA, BulkOptions())

    assert Tally(changed=125, stored=True) == counts(outcome.tally)
    assert set(range(1, 250, 2)) == {
        number
        for number, config in enumerate(configs(store).values())
        if config.content.enable_ota is not None
    }


@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize(
    ("selection", "error"),
    [
        (Selection(text="unknown"), NothingSelected),
        (Selection(mac_addresses=[]), NothingSelected),
        (Selection(text="unknown", expect=1, allow_empty=True), UnexpectedCount),
        (Selection(everything=True, expect=2), UnexpectedCount),
        (Selection(everything=True, expect=4), UnexpectedCount),
    ],
    ids=["none", "none named", "one expected", "too many", "too few"],
)
def test_another_number_of_configs_is_refused(
    store: Store, bulk: BulkService, selection: Selection, error: type[Exception], dry_run: bool
) -> None:
    """Nothing is stored, in a dry run neither."""
    bulk.load(entries((1, 2, 3)), ImportOptions())
    before, rows_before = everything(store, range(4)), rows(store)
    with pytest.raises(error):
        bulk.patch(selection, OTA, BulkOptions(dry_run=dry_run))

    assert rows_before == rows(store)
    assert before == everything(store, range(4))


def test_nothing_may_be_selected_where_that_is_allowed(bulk: BulkService) -> None:
    """The outcome counts nothing."""
    for selection in (Selection(text="unknown", allow_empty=True), Selection(text="unknown", expect=0)):
        assert PatchOutcome(Tally()) == bulk.patch(selection, OTA, BulkOptions())


def test_the_number_is_checked_under_the_lock(
    store: Store, clock: SteppingClock, service: ConfigService
) -> None:
    """A config that is deleted after it was read is not counted."""
    for number in (1, 2):
        service.put(mac(number), content(n=number))
    bulk = interfering(store, clock, lambda: service.delete(service.get_by_mac(mac(1)).id))
    with pytest.raises(UnexpectedCount):
        bulk.patch(Selection(everything=True, expect=2), OTA, BulkOptions())
    assert [1] == [config.revision for config in configs(store).values()]

    bulk = interfering(store, clock, lambda: service.put(mac(1), content(n=1)))
    patched = bulk.patch(Selection(everything=True, expect=1), OTA, BulkOptions())
    assert Tally(changed=1, stored=True) == counts(patched.tally)


@pytest.mark.parametrize("rounds", [1, 4], ids=["without the lock", "under the lock"])
def test_configs_that_are_renamed_meanwhile_are_left_out(
    store: Store, clock: SteppingClock, service: ConfigService, rounds: int
) -> None:
    """A config that changes is selected as it is then."""
    for number in (1, 2):
        service.put(mac(number), content(deviceName="Lamp", n=number))
    harmless = [lambda: service.put(mac(2), content(deviceName="Lamp", n=clock().isoformat()))] * rounds
    bulk = interfering(store, clock, *harmless, lambda: service.put(mac(2), content(deviceName="Fan")))

    assert Tally(changed=1, stored=True) == counts(
        bulk.patch(Selection(text="lamp"), OTA, BulkOptions()).tally
    )
    assert [2, 2 + rounds] == [config.revision for config in configs(store).values()]
