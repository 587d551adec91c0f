"""The contract of `BulkWrite`: many entries are collected unseen, and stored together or not at all."""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from threading import Barrier

import pytest
from attrs import evolve

from iotconfig.adapters.memory import MemoryStore
from iotconfig.domain.announcing.ports import NotificationQueue
from iotconfig.domain.configs.bulk import PREVENTING, BulkEntry, BulkResult, OnConflict, Outcome
from iotconfig.domain.configs.bulk_options import EntryRules
from iotconfig.domain.configs.config import Config
from iotconfig.domain.configs.ports import BulkWrite
from iotconfig.domain.configs.query import ConfigQuery
from iotconfig.domain.configs.revisions import UNSIGNED, ChangeNote, Operation
from iotconfig.domain.configs.selection import Selection
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.testing.announcement_builders import park, subject
from iotconfig.testing.builders import content, mac
from iotconfig.testing.bulk_builders import (
    StillClock,
    configs,
    entries,
    entry,
    everything,
    histories,
    notifications,
)
from iotconfig.testing.clocks import START
from iotconfig.testing.use_cases import UseCases

ALL = frozenset(Outcome)

CLOCK = StillClock()


class Oops(Exception):
    """Raised under the lock."""


def store_in(
    write: BulkWrite,
    on_conflict: OnConflict = OnConflict.REPLACE,
    *,
    all_or_nothing: bool = True,
    note: ChangeNote = UNSIGNED,
) -> bool:
    with write.lock():
        write.compare(EntryRules(on_conflict))
        if all_or_nothing and PREVENTING & write.tally().keys():
            return False
        write.store(note, CLOCK())
    return True


def selected(write: BulkWrite) -> list[Config]:
    """Return all selected configs."""
    return [config for page in write.selected() for config in page]


def results(write: BulkWrite, outcomes: Collection[Outcome] = ALL) -> list[tuple[str, Outcome, int | None]]:
    """Return place, outcome and revision of the entries."""
    return [(result.place, result.outcome, result.revision) for result in write.results(outcomes)]


class BulkWriteContract(UseCases):
    """Needs the fixtures `store`, an empty store, and `queue`, its notifications."""

    @pytest.fixture
    def mixed(self, service: ConfigService) -> list[BulkEntry]:
        """Five entries: a new one, one with other content, an equal one, a stale one, and one at its revision."""
        for number in (2, 3, 4, 5):
            service.put(mac(number), content(n=number))
        service.put(mac(4), content(n=44))
        return [
            entry(2, content(z=2)),
            entry(1),
            entry(3),
            entry(4, content(z=4), if_revision=1),
            entry(5, content(z=5), if_revision=1),
        ]

    def test_an_empty_bulk_write(self, store: Store) -> None:
        """A bulk write without entries stores nothing, and has no results."""
        with store.bulk_writing() as write:
            assert [] == list(write.take_duplicates())
            assert store_in(write)
            assert {} == dict(write.tally())
            assert [] == results(write)
        assert {} == configs(store)

    def test_collected_entries_are_invisible(self, store: Store, service: ConfigService) -> None:
        """Readers and other bulk writes do not see the entries, no writer waits for them, and they end with the block."""
        with store.bulk_writing() as write, store.bulk_writing() as other:
            write.add(entries(range(5)))
            other.add(entries(range(2)))
            service.put(mac(0), content(n=0))
            other.compare(EntryRules(OnConflict.FAIL))

            assert {Outcome.SAME: 1, Outcome.NEW: 1} == dict(other.tally())
        with store.bulk_writing() as write:
            write.compare(EntryRules(OnConflict.FAIL))

            assert {} == dict(write.tally())
        assert [mac(0)] == list(configs(store))

    @pytest.mark.parametrize(
        ("stored", "given", "is_same"),
        [
            pytest.param('{\n"n": 1\n}', '{\r\n"n": 1\r\n}', True, id="windows"),
            pytest.param('{\r\n"n": 1\r\n}', '{\n"n": 1\n}', True, id="stored-from-windows"),
            pytest.param('{"n": 1}', '{"n": 1}\n', True, id="final-line-end"),
            pytest.param('{"n": 1}\r\n\n', '{"n": 1}', True, id="final-line-ends-stored"),
            pytest.param('{"n": 1}', '{"n": 1} ', False, id="final-space"),
            pytest.param('{\n"n": 1}', '{\r"n": 1}', False, id="carriage-return-alone"),
            pytest.param('{"n": 1}', '{\n"n": 1}', False, id="line-end-inside"),
        ],
    )
    def test_line_ends_are_ignored_if_asked(
        self, store: Store, service: ConfigService, stored: str, given: str, *, is_same: bool
    ) -> None:
        """Editors and Windows tools change them; other spaces, and any line ends without the option, are content."""
        config, _ = service.put(mac(1), content(stored))
        with store.bulk_writing() as write:
            write.add([entry(1, content(given))])
            write.compare(EntryRules(OnConflict.FAIL, ignore_line_ends=True))

            assert [(1, Outcome.SAME if is_same else Outcome.CONFLICT)] == [
                (result.revision, result.outcome) for result in write.results(ALL)
            ]
            write.compare(EntryRules(OnConflict.FAIL))
            assert {Outcome.CONFLICT: 1} == dict(write.tally())
        assert config == service.get(config.id)

    @pytest.mark.parametrize(
        ("on_conflict", "outcome", "revision"),
        [
            (OnConflict.FAIL, Outcome.CONFLICT, 1),
            (OnConflict.SKIP, Outcome.SKIPPED, 1),
            (OnConflict.REPLACE, Outcome.CHANGED, 2),
        ],
    )
    def test_compared_entries_have_results(
        self,
        store: Store,
        queue: NotificationQueue,
        mixed: list[BulkEntry],
        on_conflict: OnConflict,
        outcome: Outcome,
        revision: int,
    ) -> None:
        """`compare` stores nothing; its results are in the order of the entries, with the revision that each would get."""
        before = everything(store, queue, range(6))
        with store.bulk_writing() as write:
            write.add(mixed[:2])
            write.add(mixed[2:])
            write.compare(EntryRules(on_conflict))

            assert [
                ("place 2", outcome, revision),
                ("place 1", Outcome.NEW, 1),
                ("place 3", Outcome.SAME, 1),
                ("place 4", Outcome.STALE, 2),
                ("place 5", outcome, revision),
            ] == results(write)
            assert {Outcome.NEW: 1, Outcome.SAME: 1, Outcome.STALE: 1, outcome: 2} == dict(write.tally())
            assert ["place 4"] == [place for place, _, _ in results(write, {Outcome.STALE})]
        assert before == everything(store, queue, range(6))

    def test_stored_entries_have_results(self, store: Store, mixed: list[BulkEntry]) -> None:
        """Without all-or-nothing, stale entries are left out; each result has id and revision of the config."""
        with store.bulk_writing() as write:
            write.add(mixed)

            assert store_in(write, all_or_nothing=False)
            found = configs(store)
            assert [
                BulkResult("place 2", mac(2), Outcome.CHANGED, found[mac(2)].id, 2),
                BulkResult("place 1", mac(1), Outcome.NEW, found[mac(1)].id, 1),
                BulkResult("place 3", mac(3), Outcome.SAME, found[mac(3)].id, 1),
                BulkResult("place 4", mac(4), Outcome.STALE, found[mac(4)].id, 2),
                BulkResult("place 5", mac(5), Outcome.CHANGED, found[mac(5)].id, 2),
            ] == list(write.results(ALL))
        assert {1: 1, 2: 2, 3: 1, 4: 2, 5: 2} == {n: found[mac(n)].revision for n in range(1, 6)}

    @pytest.mark.parametrize("hindrance", [Outcome.CONFLICT, Outcome.STALE])
    def test_all_or_nothing(
        self, store: Store, queue: NotificationQueue, mixed: list[BulkEntry], hindrance: Outcome
    ) -> None:
        """A lock that ends without `store` stores nothing, no counter of a new device either; the outcomes stay known."""
        chosen = mixed[:3] if hindrance is Outcome.CONFLICT else mixed[1:4]
        before = everything(store, queue, range(1, 6))
        with store.bulk_writing() as write:
            write.add([*chosen, entry(7)])

            assert not store_in(write, OnConflict.FAIL)
            assert 1 == write.tally()[hindrance]
            assert 2 == write.tally()[Outcome.NEW]
            assert [place for place, outcome, _ in results(write) if outcome is hindrance] == [
                place for place, _, _ in results(write, {hindrance})
            ]
        assert before == everything(store, queue, range(1, 6))

    def test_an_error_under_the_lock_undoes_what_was_stored(
        self, store: Store, queue: NotificationQueue, mixed: list[BulkEntry]
    ) -> None:
        """If the block of the lock raises, everything is as it was, whatever was stored in it."""
        before = everything(store, queue, range(6))
        with suppress(Oops), store.bulk_writing() as write:
            write.add(mixed)
            with write.lock():
                write.compare(EntryRules())
                write.store(UNSIGNED, CLOCK())
                raise Oops

        assert before == everything(store, queue, range(6))

    def test_entries_are_stored_once_under_the_lock(self, store: Store) -> None:
        """`store` is refused outside of the lock, and when it is called again."""
        with store.bulk_writing() as write:
            write.add([entry(1)])
            write.compare(EntryRules())
            with pytest.raises(RuntimeError):
                write.store(UNSIGNED, CLOCK())
        assert {} == configs(store)
        with store.bulk_writing() as write:
            write.add([entry(1)])
            with write.lock():
                write.compare(EntryRules())
                write.store(UNSIGNED, CLOCK())
                with pytest.raises(RuntimeError):
                    write.store(UNSIGNED, CLOCK())
        assert 1 == configs(store)[mac(1)].revision

    def test_writers_of_locked_devices_wait(self, store: Store, service: ConfigService) -> None:
        """A writer of an entry's device, known or new, waits for the end of the lock, and then sees what it stored."""
        service.put(mac(1), content(n=1))
        with ThreadPoolExecutor(2) as threads, store.bulk_writing() as write:
            write.add([entry(1, content(z=1)), entry(2)])
            with write.lock():
                begun = Barrier(3)

                def put(number: int) -> int:
                    begun.wait()
                    return service.put(mac(number), content(later=number))[0].revision

                later = [threads.submit(put, number) for number in (1, 2)]
                begun.wait()
                write.compare(EntryRules())
                write.store(UNSIGNED, CLOCK())

            assert [3, 2] == [writer.result() for writer in later]
            assert {Outcome.CHANGED: 1, Outcome.NEW: 1} == dict(write.tally())

    def test_selected_configs_are_given_as_they_are(self, store: Store, service: ConfigService) -> None:
        """The query selects, whatever its page; changes after that are seen, and deleted configs are left out."""
        for number in range(1, 6):
            service.put(mac(number), content(deviceName=f"{'Lamp' if number < 5 else 'Fan'} {number}"))
        with store.bulk_writing() as write:
            write.select(Selection(text="LAMP"))
            service.put(mac(2), content(n=2))
            service.delete(service.get_by_mac(mac(3)).id)
            service.put(mac(6), content(deviceName="Lamp 6"))
            found = configs(store)

            assert [found[mac(number)] for number in (1, 2, 4)] == selected(write)
            write.select(Selection(text="fan"))
            assert [found[mac(5)]] == selected(write)
            write.compare(EntryRules())
            assert {} == dict(write.tally())

    def test_entries_are_added_between_pages_of_selected_configs(
        self, store: Store, service: ConfigService
    ) -> None:
        """Each selected config is given once, in the order of MAC addresses, while entries are added."""
        with store.bulk_writing() as write:
            write.add(entries(reversed(range(250))))
            store_in(write)
        with store.bulk_writing() as write:
            write.select(Selection(everything=True))
            given = []
            for page in write.selected():
                write.add(
                    [BulkEntry("", config.mac_address, content(z=0), config.revision) for config in page]
                )
                given += [config.mac_address for config in page]

            assert [mac(number) for number in range(250)] == given
            assert 0 == write.select_stale()
            assert [] == selected(write)
            assert store_in(write)
            assert {Outcome.CHANGED: 250} == dict(write.tally())

    def test_stale_entries_are_removed_and_their_configs_selected(
        self, store: Store, service: ConfigService
    ) -> None:
        """Changed and deleted configs make entries stale; those at their revision, and those for any, stay."""
        for number in range(1, 6):
            service.put(mac(number), content(n=number))
        with store.bulk_writing() as write:
            write.select(Selection(everything=True))
            write.add([*(entry(n, content(z=n), if_revision=1) for n in (4, 3, 2, 1)), entry(5), entry(6)])
            service.put(mac(1), content(n=11))
            service.put(mac(3), content(n=33))
            service.delete(service.get_by_mac(mac(2)).id)

            assert 3 == write.select_stale()
            found = configs(store)
            assert [found[mac(1)], found[mac(3)]] == selected(write)
            assert 0 == write.select_stale()
            assert store_in(write)
            assert [
                ("place 4", Outcome.CHANGED, 2),
                ("place 5", Outcome.SAME, 1),
                ("place 6", Outcome.NEW, 1),
            ] == results(write)

    def test_a_stale_entry_is_added_again_under_the_lock(self, store: Store, service: ConfigService) -> None:
        """Under the lock, a stale entry is replaced by one for the config as it is, which stays current."""
        for number in (1, 2, 3):
            service.put(mac(number), content(n=number))
        with store.bulk_writing() as write:
            write.add([entry(number, content(z=number), if_revision=1) for number in (1, 2, 3)])
            service.put(mac(2), content(n=22))
            service.delete(service.get_by_mac(mac(3)).id)
            with write.lock():
                assert 2 == write.select_stale()
                (config,) = selected(write)
                assert (mac(2), 2, content(n=22)) == (config.mac_address, config.revision, config.content)
                write.add([entry(2, content(z=22), if_revision=2)])
                assert 0 == write.select_stale()
                write.compare(EntryRules())
                write.store(UNSIGNED, CLOCK())

            assert [("place 1", Outcome.CHANGED, 2), ("place 2", Outcome.CHANGED, 3)] == results(write)
        assert {mac(1): content(z=1), mac(2): content(z=22)} == {
            address: config.content for address, config in configs(store).items()
        }

    def test_an_entry_for_a_revision_of_a_device_that_has_no_config_is_stale(
        self, store: Store, service: ConfigService
    ) -> None:
        """The precondition fails for an unknown device and for one with a deleted config; neither gets a config or a revision."""
        service.delete(service.create(mac(1), content()).id)
        with store.bulk_writing() as write:
            write.add([entry(1, if_revision=1), entry(2, if_revision=1), entry(3)])

            assert store_in(write, all_or_nothing=False)
            assert {Outcome.STALE: 2, Outcome.NEW: 1} == dict(write.tally())
        assert [mac(3)] == list(configs(store))
        assert 3 == service.create(mac(1), content()).revision
        assert 1 == service.create(mac(2), content()).revision

    def test_duplicates_are_taken_out_whole(self, store: Store) -> None:
        """All entries with the same MAC address are removed, and each is reported with another one of them, in order."""
        with store.bulk_writing() as write:
            write.add(
                [evolve(entry(n), place=place) for place, n in zip("abcdef", (1, 2, 1, 3, 1, 2), strict=True)]
            )

            assert [("a", "c"), ("b", "f"), ("c", "a"), ("e", "a"), ("f", "b")] == [
                (duplicate.place, duplicate.other_place) for duplicate in write.take_duplicates()
            ]
            assert [] == list(write.take_duplicates())
            assert store_in(write)
            assert {Outcome.NEW: 1} == dict(write.tally())
        assert [mac(3)] == list(configs(store))

    def test_results_and_duplicates_beyond_a_page(self, store: Store) -> None:
        """More than a thousand results, and as many duplicates, are returned in their order."""
        with store.bulk_writing() as write:
            write.add(entries(range(1100)))
            write.add(entries(range(1100)))
            write.add(entries(range(1100, 2200)))

            assert 2200 == len(list(write.take_duplicates()))
            write.compare(EntryRules(OnConflict.FAIL))
            assert [f"place {n}" for n in range(1100, 2200)] == [place for place, _, _ in results(write)]

    def test_texts_that_databases_mistake(self, store: Store) -> None:
        r"""Tabs, line breaks, backslashes, `\N` and quotes are stored unchanged by every method of filling a table."""
        odd = content('{\r\n\t"deviceName":"a\\\\.\\\\N\\t\'\u2028%s:x😀"}\n')
        with store.bulk_writing() as write:
            write.add([BulkEntry("pl\tace\\N\n😀", mac(1), odd)])

            assert store_in(write, note=ChangeNote("O'Neil\\", "50 % :off\n"))
            assert ["pl\tace\\N\n😀"] == [place for place, _, _ in results(write)]
        assert odd == configs(store)[mac(1)].content
        (revision,) = histories(store, [1])[mac(1)]
        assert (odd, ChangeNote("O'Neil\\", "50 % :off\n"), Operation.CREATE) == (
            revision.content,
            revision.note,
            revision.operation,
        )

    def test_a_bulk_write_replaces_pending_notifications(
        self, store: Store, queue: NotificationQueue, service: ConfigService
    ) -> None:
        """The write revives parked notifications and replaces those of deletions; equal content is not announced."""
        for number in range(4):
            service.put(mac(number), content(n=number))
        service.delete(service.get_by_mac(mac(1)).id)
        park(queue, 0)
        parked = park(queue, 2)
        with store.bulk_writing() as write:
            write.add([entry(0, content(z=0)), entry(1), entry(2), entry(9)])
            store_in(write)
        found = notifications(queue)

        assert parked == found[str(subject(2))]
        for number, revision in ((0, 2), (1, 3), (9, 1)):
            pending = found[str(subject(number))]
            assert pending.announcement.state is not None
            assert (True, False, 0, revision, configs(store)[mac(number)].content.etag) == (
                pending.announcement.restart_hint,
                pending.parked,
                pending.refusals,
                pending.announcement.state.document_number,
                pending.announcement.state.etag,
            )

    @pytest.mark.parametrize("later", [1, -1])
    def test_stored_together_is_stored_as_one_by_one(
        self, store: Store, queue: NotificationQueue, later: int
    ) -> None:
        """Every row of every table is as `ConfigService.put` writes it, even if the clock was set back."""
        reference, clock = MemoryStore(), StillClock(START)
        of_reference = reference.notifications()
        changed = [
            entry(n, content(f'{{"deviceName":"É {n}","enableOTA":true}}')) for n in (1, 2, 3, 4, 5, 6)
        ]
        for one, its_queue in ((reference, of_reference), (store, queue)):
            clock.now = START
            service = ConfigService(one, clock)
            for number in range(1, 6):
                service.put(mac(number), content(n=number))
            service.delete(service.get_by_mac(mac(3)).id)
            service.replace_device(service.get_by_mac(mac(4)).id, mac(7))
            park(its_queue, 1)
            its_queue.acknowledge([n for n in its_queue.find(99) if n.announcement.subject == subject(2)], [])
            clock.now = START + timedelta(hours=later)
            if one is reference:
                for item in changed:
                    service.put(item.mac_address, item.content, note=ChangeNote("eve", "all"))
            else:
                with one.bulk_writing() as write:
                    write.add(list(reversed(changed)))
                    with write.lock():
                        write.compare(EntryRules(allow_replaced=True))
                        write.store(ChangeNote("eve", "all"), clock())

        service = ConfigService(store, clock)
        expected, found = (
            everything(reference, of_reference, range(1, 8)),
            everything(store, queue, range(1, 8)),
        )
        for part, value in expected.items():
            assert value == found[part], part
        page = service.find(ConfigQuery(text="é 3", enable_ota=True))
        assert (1, [mac(3)]) == (page.count, [summary.mac_address for summary in page.configs])
