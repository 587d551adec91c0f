"""The contract of `Documents`: what a device is served after each change, and under which number."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from iotconfig.domain.announcing.announcement import AnnouncedDocument
from iotconfig.domain.announcing.ports import NotificationQueue
from iotconfig.domain.configs import changes
from iotconfig.domain.configs.bulk import BulkEntry, OnConflict
from iotconfig.domain.configs.bulk_options import BulkOptions, ImportOptions
from iotconfig.domain.configs.bulk_service import BulkService
from iotconfig.domain.configs.edits import Merge, Rollback
from iotconfig.domain.configs.precondition import Precondition
from iotconfig.domain.configs.revisions import Operation
from iotconfig.domain.configs.selection import Selection
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.documents.merge_patch import MergePatch
from iotconfig.domain.errors import PreconditionFailed, RecordExists, RecordNotFound
from iotconfig.testing.announcement_builders import only
from iotconfig.testing.builders import add, content, mac, record, remove
from iotconfig.testing.clocks import SteppingClock, step
from iotconfig.testing.simultaneous import together
from iotconfig.testing.use_cases import UseCases

ODD = '{ "deviceName" : "K\\u00fcche 😀", "n":[1.10,1E2,-0],"u":"\u2028" }\r\n'
STALE = Precondition(one_of=frozenset({99}))


class Oops(Exception):
    """Raised inside a unit of work."""


def served(store: Store, *numbers: int) -> list[ConfigContent | None]:
    """What these devices are served, as content; the ETag of each document must be the one of its bytes."""
    documents = [store.documents.get(mac(number)) for number in numbers]
    found = [None if document is None else ConfigContent.parse(document.body) for document in documents]
    assert [c and c.etag for c in found] == [document and document.etag for document in documents]
    return found


def numbers(store: Store, *devices: int) -> list[int | None]:
    """The numbers of the documents of these devices. Each must be the last number of its device's counter."""
    documents = [store.documents.get(mac(number)) for number in devices]
    with store.writing() as work:
        last = [work.counters.lock(mac(number)).last_document_number for number in devices]
    assert all(d is None or d.number == n for d, n in zip(documents, last, strict=True))
    return [None if document is None else document.number for document in documents]


def last_numbers(store: Store, *devices: int) -> list[int]:
    """The document numbers of the counters of these devices."""
    with store.writing() as work:
        return [work.counters.lock(mac(number)).last_document_number for number in devices]


class DocumentsContract(UseCases):
    """Needs the fixtures `store`, an empty store, and `queue`, its notifications."""

    @pytest.fixture
    def bulk(self, store: Store, clock: SteppingClock) -> BulkService:
        """The bulk use cases over the same store."""
        return BulkService(store, clock)

    def test_a_device_without_a_config_has_no_document(self, store: Store, service: ConfigService) -> None:
        """Neither an empty store has a document, nor has a MAC address that no config is stored for."""
        assert store.documents.get(mac(1)) is None
        service.create(mac(1), content(ODD))

        assert store.documents.get(mac(2)) is None

    def test_a_created_config_is_served_as_it_was_written(self, store: Store, service: ConfigService) -> None:
        """The document is the content, byte for byte, with its ETag."""
        service.create(mac(1), content(ODD))

        assert [content(ODD)] == served(store, 1)

    def test_each_change_is_served(self, store: Store, service: ConfigService) -> None:
        """After an update, a put, a merge and a rollback the device has the new content."""
        created = service.create(mac(1), content(ODD))
        service.update(created.id, content(a=1))
        assert [content(a=1)] == served(store, 1)
        service.put(mac(1), content(a=2))
        assert [content(a=2)] == served(store, 1)
        service.edit(created.id, Merge(MergePatch.parse('{"b": 1.0}')))
        assert [content('{"a": 2, "b": 1.0}')] == served(store, 1)
        service.edit(created.id, Rollback(1))
        assert [content(ODD)] == served(store, 1)

    def test_the_same_content_is_served_on(self, store: Store, service: ConfigService) -> None:
        """A write of equal content leaves the document as it was."""
        created = service.create(mac(1), content(ODD))
        before = store.documents.get(mac(1))
        service.update(created.id, content(ODD))

        assert before == store.documents.get(mac(1))

    def test_a_deletion_ends_a_document_and_a_restore_brings_it_back(
        self, store: Store, service: ConfigService
    ) -> None:
        """A deleted config is not served, a restored one is, and so is a new one of the same device."""
        created = service.create(mac(1), content(ODD))
        service.delete(created.id)
        assert store.documents.get(mac(1)) is None
        service.restore(created.id)
        assert [content(ODD)] == served(store, 1)
        service.delete(created.id)
        service.create(mac(1), content(a=1))
        assert [content(a=1)] == served(store, 1)

    def test_a_board_swap_moves_the_document(self, store: Store, service: ConfigService) -> None:
        """The new board has the document, the former one has none, also after a swap back."""
        created = service.create(mac(1), content(ODD))
        for old, new in ((1, 2), (2, 1)):
            service.replace_device(created.id, mac(new))

            assert store.documents.get(mac(old)) is None
            assert [content(ODD)] == served(store, new)

    def test_an_import_is_served(self, store: Store, service: ConfigService, bulk: BulkService) -> None:
        """New and changed entries are served; conflicts that are left out, and equal entries, change nothing."""
        for number in (1, 2):
            service.create(mac(number), content(n=number))
        entries = [BulkEntry(f"place {n}", mac(n), content(n=n + n // 2)) for n in (1, 2, 3)]
        bulk.load(entries, ImportOptions(on_conflict=OnConflict.SKIP))
        assert [content(n=1), content(n=2), content(n=4)] == served(store, 1, 2, 3)
        bulk.load(entries, ImportOptions(on_conflict=OnConflict.REPLACE))
        assert [content(n=1), content(n=3), content(n=4)] == served(store, 1, 2, 3)

    def test_a_patch_of_many_configs_is_served(
        self, store: Store, service: ConfigService, bulk: BulkService
    ) -> None:
        """The configs that a bulk patch selects are served with it, the others as before."""
        for number in (1, 2):
            service.create(mac(number), content(n=number, enableOTA=number == 1))
        bulk.patch(Selection(enable_ota=True), MergePatch.parse('{"n": 7}'), BulkOptions())

        assert [content(n=7, enableOTA=True), content(n=2, enableOTA=False)] == served(store, 1, 2)

    def test_what_is_refused_is_not_served(
        self, store: Store, service: ConfigService, bulk: BulkService
    ) -> None:
        """A refused write changes no document, whichever rule refuses it; nor does a dry run."""
        created, _ = service.create(mac(1), content(ODD)), service.create(mac(2), content(a=2))
        refused: list[Callable[[], object]] = [
            lambda: service.create(mac(1), content(a=1)),
            lambda: service.update(created.id, content(a=1), STALE),
            lambda: service.put(mac(1), content(a=1), STALE),
            lambda: service.delete(created.id, STALE),
            lambda: service.replace_device(created.id, mac(3), STALE),
            lambda: service.replace_device(created.id, mac(2)),
            lambda: service.restore(created.id),
            lambda: service.update(99, content(a=1)),
        ]
        for write in refused:
            with pytest.raises((PreconditionFailed, RecordExists, RecordNotFound)):
                write()
        entries = [BulkEntry(f"place {n}", mac(n), content(n=n)) for n in (1, 2, 3)]
        bulk.load(entries, ImportOptions(on_conflict=OnConflict.FAIL))
        bulk.load(entries, ImportOptions(on_conflict=OnConflict.REPLACE, dry_run=True))

        assert [content(ODD), content(a=2), None] == served(store, 1, 2, 3)

    def test_a_document_is_of_committed_data(self, store: Store, service: ConfigService) -> None:
        """During a write, the former document is served without waiting; after a rollback, too."""
        created = service.create(mac(1), content(ODD))
        with suppress(Oops), store.writing() as work:
            counter = work.counters.lock(mac(1))
            record(work, changes.edited(counter, created, content(a=1), Operation.UPDATE, step(9)))
            assert [content(ODD)] == served(store, 1)
            raise Oops
        assert [content(ODD)] == served(store, 1)

    def test_document_numbers_count_served_documents(self, store: Store, service: ConfigService) -> None:
        """The first document is number 1; each write of other bytes takes the next one, one of equal bytes none."""
        assert [0] == last_numbers(store, 1)
        created = service.create(mac(1), content(ODD))
        found = numbers(store, 1)
        for write in (
            lambda: service.update(created.id, content(a=1)),
            lambda: service.update(created.id, content(a=1)),
            lambda: service.put(mac(1), content(a=2)),
            lambda: service.edit(created.id, Merge(MergePatch.parse('{"b": 1}'))),
            lambda: service.edit(created.id, Merge(MergePatch.parse('{"b": 1}'))),
            lambda: service.edit(created.id, Rollback(1)),
            lambda: service.announce(created.id),
        ):
            write()
            found += numbers(store, 1)

        assert [1, 2, 2, 3, 4, 4, 5, 5] == found

    def test_a_number_never_decreases(self, store: Store, service: ConfigService) -> None:
        """A deletion takes a number, and a document that comes after it the next, whether it is new or restored."""
        created = service.create(mac(1), content(ODD))
        service.delete(created.id)
        assert [2] == last_numbers(store, 1)
        service.restore(created.id)
        assert [3] == numbers(store, 1)
        service.delete(created.id)
        service.create(mac(1), content(ODD))
        assert [5] == numbers(store, 1)

    def test_a_board_swap_counts_both_boards_on_from_the_higher_number(
        self, store: Store, service: ConfigService
    ) -> None:
        """Each of the two boards may have the higher number: the next one is the number of both."""
        created = service.create(mac(1), content(ODD))
        other = service.create(mac(2), content(a=1))
        for n in range(2, 5):
            service.update(other.id, content(a=n))
        service.delete(other.id)
        assert [1, 5] == last_numbers(store, 1, 2)
        service.replace_device(created.id, mac(2))
        assert ([None, 6], [6, 6]) == (numbers(store, 1, 2), last_numbers(store, 1, 2))
        service.replace_device(created.id, mac(3))
        assert ([None, None, 7], [6, 7, 7]) == (numbers(store, 1, 2, 3), last_numbers(store, 1, 2, 3))
        service.create(mac(1), content(ODD))
        assert [7] == numbers(store, 1)

    def test_a_number_is_not_the_revision(self, store: Store, queue: NotificationQueue) -> None:
        """A revision without other bytes takes no number, and announcements have the number, not the revision."""
        added = add(store, 1, content(ODD), revision=7)
        assert [1] == numbers(store, 1)
        with store.writing() as work:
            counter = work.counters.lock(mac(1))
            same = record(work, changes.edited(counter, added, content(ODD), Operation.UPDATE, step(1)))
        assert (8, [1]) == (same.revision, numbers(store, 1))
        assert AnnouncedDocument(1, added.content.etag, step(1)) == only(queue).announcement.state
        ConfigService(store, SteppingClock()).put(mac(1), content(a=1))
        assert [2] == numbers(store, 1)
        remove(store, added)

        assert ([None], [3]) == (numbers(store, 1), last_numbers(store, 1))
        state = only(queue).announcement.state
        assert state is not None
        assert (3, None) == (state.document_number, state.etag)

    def test_a_bulk_write_counts_as_single_writes_do(
        self, store: Store, service: ConfigService, bulk: BulkService
    ) -> None:
        """New, changed and equal entries, and a device whose config was deleted or moved away, take their numbers."""
        moved = service.create(mac(5), content(n=5))
        service.replace_device(moved.id, mac(6))
        add(store, 1, content(n=0), revision=7)
        add(store, 2, content(n=2), revision=7)
        service.delete(service.create(mac(3), content(n=3)).id)
        entries = [BulkEntry(f"place {n}", mac(n), content(n=n)) for n in (1, 2, 3, 4, 5)]
        bulk.load(entries, ImportOptions(on_conflict=OnConflict.REPLACE, allow_replaced=True))
        assert [2, 1, 3, 1, 3] == numbers(store, 1, 2, 3, 4, 5)
        bulk.patch(Selection(everything=True), MergePatch.parse('{"n": 5}'), BulkOptions())

        assert [3, 2, 4, 2, 3, 2] == numbers(store, 1, 2, 3, 4, 5, 6)

    def test_what_is_refused_takes_no_number(
        self, store: Store, service: ConfigService, bulk: BulkService
    ) -> None:
        """A refused write, one that is rolled back, and a dry run leave the counters as they were."""
        created, _ = service.create(mac(1), content(ODD)), service.create(mac(2), content(a=2))
        with pytest.raises(PreconditionFailed):
            service.update(created.id, content(a=1), STALE)
        with pytest.raises(RecordExists):
            service.replace_device(created.id, mac(2))
        with suppress(Oops), store.writing() as work:
            counter = work.counters.lock(mac(1))
            record(work, changes.deleted(counter, created, step(9)))
            raise Oops
        entries = [BulkEntry(f"place {n}", mac(n), content(n=n)) for n in (1, 2, 3)]
        bulk.load(entries, ImportOptions(on_conflict=OnConflict.FAIL))
        bulk.load(entries, ImportOptions(on_conflict=OnConflict.REPLACE, dry_run=True))

        assert ([1, 1, None], [1, 1, 0]) == (numbers(store, 1, 2, 3), last_numbers(store, 1, 2, 3))

    def test_concurrent_writers_take_numbers_without_a_gap(
        self, store: Store, service: ConfigService
    ) -> None:
        """Eight writers of one device: the number counts every change, and the last one is served."""
        created = service.create(mac(1), content(ODD))

        def write(number: int) -> None:
            for n in range(5):
                service.update(created.id, content(w=number, n=n))

        together(8, write)
        assert [41] == numbers(store, 1)
        assert [service.get(created.id).content] == served(store, 1)
