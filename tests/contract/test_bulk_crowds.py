"""Bulk writes concurrent with single writers: no change is lost, no revision is repeated, no writer is blocked for ever."""

from __future__ import annotations

import json

import pytest
from attrs import evolve

from iotconfig.domain.configs.bulk import OnConflict, Tally
from iotconfig.domain.configs.bulk_options import BulkOptions, ImportOptions
from iotconfig.domain.configs.bulk_service import BulkService
from iotconfig.domain.configs.config import Config
from iotconfig.domain.configs.selection import Selection
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.domain.documents.merge_patch import MergePatch
from iotconfig.domain.errors import PreconditionFailed, RecordExists, RecordGone, RecordNotFound
from iotconfig.domain.mac import MacAddress
from iotconfig.testing.builders import content, mac
from iotconfig.testing.clocks import SteppingClock
from iotconfig.testing.simultaneous import together

from .bulk_stores import configs, entries, everything, histories, notifications

DEVICES = range(24)
ROUNDS = 3


@pytest.fixture
def bulk(store: Store, clock: SteppingClock) -> BulkService:
    """The use cases for many configs, over the same store as the service."""
    return BulkService(store, clock)


def numbered(found: dict[MacAddress, Config]) -> list[tuple[int, Config]]:
    return [(int(str(address)[-2:], 16), config) for address, config in found.items()]


def assert_consistent(store: Store) -> None:
    """Histories have no gaps, counters and configs equal their last revision, and the newest one is announced."""
    found, past, pending = configs(store), histories(store, DEVICES), notifications(store)
    counters = everything(store, DEVICES)["counters"]
    for number in DEVICES:
        config, history = found[mac(number)], past[mac(number)]
        assert list(range(1, len(history) + 1)) == [revision.revision for revision in history]
        assert (len(history), history[-1].content) == (config.revision, config.content)
        assert (config.revision, config.revision) == (
            counters[number].last_revision,
            counters[number].last_document_number,
        )
        state = pending[f"config {mac(number)}"].announcement.state
        assert state is not None
        assert (config.revision, config.content.etag) == (state.document_number, state.etag)


def test_an_import_against_single_writers(store: Store, bulk: BulkService, service: ConfigService) -> None:
    """Each acknowledged change is one revision."""

    def act(number: int) -> int:
        done = 0
        for n in range(ROUNDS):
            if number == 0:
                tally = bulk.load(entries(DEVICES, load=n), ImportOptions(OnConflict.REPLACE))
                done += tally.new + tally.changed
            else:
                for device in DEVICES:
                    service.put(mac(device), content(w=number, n=n))
                    done += 1
        return done

    done = together(3, act)
    assert len(DEVICES) * ROUNDS == done[0]
    assert sum(done) == sum(config.revision for config in configs(store).values())
    assert_consistent(store)


def test_concurrent_imports_of_the_same_devices(store: Store, bulk: BulkService) -> None:
    """Four imports in different orders all succeed; the content of the last one stays."""

    def act(number: int) -> Tally:
        numbers = [n for n in DEVICES if n % 4 != number]
        if number % 2:
            numbers.reverse()
        return bulk.load(entries(numbers, by=number), ImportOptions(OnConflict.REPLACE))

    tallies = together(4, act)
    assert len(DEVICES) == sum(tally.new for tally in tallies)
    assert 2 * len(DEVICES) == sum(tally.changed for tally in tallies)
    assert {3} == {config.revision for config in configs(store).values()}
    assert_consistent(store)


def test_imports_of_new_devices_with_conflicts_refused(store: Store, bulk: BulkService) -> None:
    """Of four imports that require new devices, one stores all of its configs, and the others none."""
    tallies = together(4, lambda number: bulk.load(entries(DEVICES, by=number), ImportOptions()))

    stored = [tally for tally in tallies if tally.stored]
    assert [Tally(new=len(DEVICES), stored=True)] == [evolve(tally, change=None) for tally in stored]
    assert [Tally(refused=len(DEVICES))] * 3 == [tally for tally in tallies if not tally.stored]
    assert 1 == len({json.loads(config.content.text)["by"] for config in configs(store).values()})
    assert_consistent(store)


def test_a_patch_against_single_writers(store: Store, bulk: BulkService, service: ConfigService) -> None:
    """Every device gets the patch on top of concurrent changes, none of which is lost."""
    bulk.load(entries(DEVICES), ImportOptions())
    for_all = Selection(everything=True)

    def act(number: int) -> int:
        done = 0
        for n in range(ROUNDS):
            if number == 0:
                patch = MergePatch.parse(f'{{"patched": {n}}}')
                tally = bulk.patch(for_all, patch, BulkOptions(keep_going=True)).tally
                assert 0 == tally.refused
                done += tally.changed
            else:
                for device in DEVICES:
                    config = service.get_by_mac(mac(device))
                    service.update(config.id, content(w=number, n=n))
                    done += 1
        return done

    done = together(3, act)
    assert sum(done) + len(DEVICES) == sum(config.revision for config in configs(store).values())
    assert_consistent(store)


def test_patches_of_different_members_at_once(store: Store, bulk: BulkService) -> None:
    """Two concurrent patches both apply to every config: the second one to commit starts again."""
    bulk.load(entries(DEVICES), ImportOptions())

    def act(number: int) -> Tally:
        return bulk.patch(
            Selection(everything=True), MergePatch.parse(f'{{"p{number}": 1}}'), BulkOptions()
        ).tally

    changed = [evolve(tally, change=None) for tally in together(2, act)]
    assert [Tally(changed=len(DEVICES), stored=True)] * 2 == changed
    assert {3} == {config.revision for config in configs(store).values()}
    assert {("n", "p0", "p1")} == {
        tuple(sorted(json.loads(config.content.text))) for config in configs(store).values()
    }
    assert_consistent(store)


def test_exports_while_writers_write(store: Store, bulk: BulkService) -> None:
    """An export contains all configs of an import, or none of them."""
    bulk.load(entries(DEVICES, load=0), ImportOptions())

    def act(number: int) -> set[int]:
        if number == 0:
            for n in range(1, 8):
                bulk.load(entries(DEVICES, load=n), ImportOptions(OnConflict.REPLACE))
            return set()
        sizes = set()
        for _ in range(8):
            with bulk.export() as exported:
                sizes.add(len({json.loads(config.text)["load"] for config in exported}))
        return sizes

    assert [{1}, {1}] == together(3, act)[1:]


def test_imports_against_board_swaps(store: Store, bulk: BulkService, service: ConfigService) -> None:
    """Concurrent swaps, deletions and imports all end, and each config is at its counter."""
    moved = service.create(mac(0), content()).id

    def act(number: int) -> None:
        for n in range(12):
            try:
                if number == 0:
                    bulk.load(entries(range(4), load=n), ImportOptions(OnConflict.REPLACE))
                elif number == 1:
                    service.replace_device(moved, mac(1 + n % 3))
                elif (config := service.get_by_mac(mac(n % 4))).id != moved:
                    service.delete(config.id)
            except (RecordExists, RecordGone, RecordNotFound, PreconditionFailed):
                continue

    together(3, act)
    found = configs(store)
    counters = everything(store, range(4))["counters"]
    assert moved in {config.id for config in found.values()}
    assert [] == [config for n, config in numbered(found) if config.revision != counters[n].last_revision]
