"""The contract of `Documents`: what a device is served after each change."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from iotconfig.domain.configs import changes
from iotconfig.domain.configs.bulk import BulkEntry, BulkOptions, OnConflict
from iotconfig.domain.configs.bulk_service import BulkService
from iotconfig.domain.configs.edits import Merge, Rollback
from iotconfig.domain.configs.precondition import Precondition
from iotconfig.domain.configs.query import ConfigQuery
from iotconfig.domain.configs.revisions import Operation
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.documents.merge_patch import MergePatch
from iotconfig.domain.errors import PreconditionFailed, RecordExists, RecordNotFound
from iotconfig.testing.builders import content, mac, record
from iotconfig.testing.clocks import SteppingClock, step
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


class DocumentsContract(UseCases):
    """Needs the fixture `store`: an empty store."""

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
        bulk.load(entries, BulkOptions(on_conflict=OnConflict.SKIP))
        assert [content(n=1), content(n=2), content(n=4)] == served(store, 1, 2, 3)
        bulk.load(entries, BulkOptions(on_conflict=OnConflict.REPLACE))
        assert [content(n=1), content(n=3), content(n=4)] == served(store, 1, 2, 3)

    def test_a_patch_of_many_configs_is_served(
        self, store: Store, service: ConfigService, bulk: BulkService
    ) -> None:
        """The configs that a bulk patch selects are served with it, the others as before."""
        for number in (1, 2):
            service.create(mac(number), content(n=number, enableOTA=number == 1))
        bulk.patch(ConfigQuery(enable_ota=True), MergePatch.parse('{"n": 7}'), BulkOptions())

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
        bulk.load(entries, BulkOptions(on_conflict=OnConflict.FAIL))
        bulk.load(entries, BulkOptions(on_conflict=OnConflict.REPLACE, dry_run=True))

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
