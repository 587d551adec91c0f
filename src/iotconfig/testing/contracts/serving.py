"""The contract of documents that are not the content: composed by layers, and served anew without a revision."""

from __future__ import annotations

from contextlib import suppress

import pytest

from iotconfig.domain.announcing.announcement import AnnouncedDocument
from iotconfig.domain.announcing.ports import NotificationQueue
from iotconfig.domain.configs import changes
from iotconfig.domain.configs.change_log import ChangeKind
from iotconfig.domain.configs.config import Config
from iotconfig.domain.configs.document_history import DocumentRecord
from iotconfig.domain.configs.query import ConfigQuery
from iotconfig.domain.configs.revisions import UNSIGNED, ChangeNote, Operation
from iotconfig.domain.configs.served_anew import ServedAnew
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.documents.served import ServedDocument, UsedLayer
from iotconfig.testing.announcement_builders import only
from iotconfig.testing.builders import add, content, mac, record
from iotconfig.testing.clocks import step
from iotconfig.testing.use_cases import UseCases

NOTE = ChangeNote("ops", "a layer has changed")


def composed(revision: int = 1, /, **members: object) -> ServedDocument:
    """A document that the layer `base` changed."""
    return ServedDocument(content(**members), (UsedLayer("base", revision),))


def serve(store: Store, document: ServedDocument, *numbers: int, at: int = 1) -> str:
    """Serve devices this document, and return the id of the change."""
    with store.writing() as work:
        served = []
        for number in numbers:
            work.counters.lock(mac(number))
            config = work.configs.get_by_mac(mac(number))
            assert config is not None
            served.append(ServedAnew.of(config, document))
        return work.serve(served, NOTE, step(at))


def edit(store: Store, own: ConfigContent, document: ServedDocument | None = None) -> Config:
    """Replace the content of device 1, which is served this document; without one, its content."""
    with store.writing() as work:
        counter, config = work.counters.lock(mac(1)), work.configs.get_by_mac(mac(1))
        assert config is not None
        return record(work, changes.edited(counter, config, own, Operation.UPDATE, step(5), document))


def rows(store: Store, number: int = 1) -> list[DocumentRecord]:
    """The history of a device's documents, the oldest first."""
    with store.reading() as view:
        return [*reversed(view.document_history.find(mac(number), None, 100))]


def numbered(store: Store, number: int = 1) -> list[tuple[int, int, bool]]:
    """Of each row of a device: number, own revision, and whether a layer reached it."""
    return [(row.number, row.own_revision, bool(row.layers)) for row in rows(store, number)]


class Oops(Exception):
    """Raised inside a unit of work."""


class ServingContract(UseCases):
    """Needs the fixtures `store`, an empty store, and `queue`, its notifications."""

    def test_another_document_is_served_under_the_next_number(
        self, store: Store, service: ConfigService
    ) -> None:
        """The own content, its revision and its time stay."""
        before = service.create(mac(1), content(a=1))
        serve(store, composed(a=1, b=2), 1)

        document = store.documents.get(mac(1))
        assert document is not None
        expected = content(a=1, b=2)
        assert (2, bytes(expected), expected.etag) == (document.number, document.body, document.etag)
        found = service.get(before.id)
        assert (before.content, before.revision, before.updated_at) == (
            found.content,
            found.revision,
            found.updated_at,
        )
        assert expected.etag == found.document_etag
        with store.writing() as work:
            counter = work.counters.lock(mac(1))
        assert (1, 2) == (counter.last_revision, counter.last_document_number)

    def test_derived_fields_are_those_of_the_document(self, store: Store, service: ConfigService) -> None:
        """Of the config, of lists, and of searches; the content keeps its own."""
        created = service.create(mac(1), content(deviceName="Own", enableOTA=False))
        document = composed(deviceName="From a layer", deviceEntityId="light.x", enableOTA=True)
        serve(store, document, 1)

        found = service.get(created.id)
        (summary,) = service.find(ConfigQuery(text="from a LAYER", enable_ota=True))
        assert found.summary() == summary
        assert ("From a layer", "light.x", True, document.content.etag) == (
            summary.device_name,
            summary.device_entity_id,
            summary.enable_ota,
            summary.etag,
        )
        assert ("Own", None, False) == (
            found.content.device_name,
            found.content.device_entity_id,
            found.content.enable_ota,
        )
        assert not service.find(ConfigQuery(text="own")).configs

    def test_it_is_announced_and_logged(
        self, store: Store, service: ConfigService, queue: NotificationQueue
    ) -> None:
        """With the number and the ETag of the document; the log has a row of its own kind."""
        service.create(mac(1), content(a=1))
        document = composed(a=2)
        change = serve(store, document, 1)

        announced = only(queue).announcement
        state = announced.state
        assert state is not None
        assert (True, 2, document.content.etag) == (announced.restart_hint, state.document_number, state.etag)
        logged = store.changes_since(1, 10)
        assert [(2, change, ChangeKind.DOCUMENT, Operation.SERVE, 1, "ops", NOTE.message, step(1))] == [
            (r.position, r.change, r.kind, r.operation, r.revision, r.author, r.message, r.created_at)
            for r in logged
        ]
        assert [str(mac(1))] == [row.subject.key for row in logged]

    def test_a_config_is_announced_with_its_document(
        self, store: Store, service: ConfigService, queue: NotificationQueue
    ) -> None:
        """An announcement without a change names what the device is served, not the content."""
        created = service.create(mac(1), content(a=1))
        serve(store, composed(a=2), 1)
        service.announce(created.id)

        expected = AnnouncedDocument(2, content(a=2).etag, created.updated_at)
        assert expected == only(queue).announcement.state

    def test_many_devices_are_served_at_once(self, store: Store) -> None:
        """500 of them; others are left as they are."""
        with store.writing() as work:
            for number in range(501):
                record(work, changes.created(work.counters.lock(mac(number)), content(n=number), step(0)))
        serve(store, composed(a=2), *range(500))

        found = [store.documents.get(mac(number)) for number in (0, 250, 499, 500)]
        assert [2, 2, 2, 1] == [document.number for document in found if document is not None]
        assert [] == rows(store, 500)
        assert 501 + 500 == store.newest_position()

    def test_no_document_is_no_change(self, store: Store, queue: NotificationQueue) -> None:
        """Nothing is logged or announced."""
        with store.writing() as work:
            assert 16 == len(work.serve([], NOTE, step(1)))
        assert (0, []) == (store.newest_position(), list(queue.find(10)))

    def test_a_change_may_be_named(self, store: Store) -> None:
        """A job continues a change that another transaction began."""
        config = add(store, 1)
        with store.writing() as work:
            work.counters.lock(mac(1))
            served = ServedAnew.of(config, composed(a=1))
            assert "00112233445566aa" == work.serve([served], NOTE, step(1), "00112233445566aa")

        assert "00112233445566aa" == rows(store)[-1].change == store.changes_since(1, 1)[0].change

    def test_a_device_that_no_layer_reaches_has_no_history_of_documents(
        self, store: Store, service: ConfigService
    ) -> None:
        """Its revisions have what it was served."""
        created = service.create(mac(1), content(a=1))
        service.update(created.id, content(a=2))
        service.replace_device(created.id, mac(2))
        service.delete(created.id)
        service.restore(created.id)

        assert ([], []) == (rows(store, 1), rows(store, 2))

    def test_the_history_begins_with_the_first_document_of_a_layer(
        self, store: Store, service: ConfigService
    ) -> None:
        """And goes on from there: with each document, also where no layer reaches the device any more."""
        created = service.create(mac(1), content(a=1))
        change = serve(store, composed(3, a=1, b=2), 1, at=7)
        assert [
            DocumentRecord(
                mac(1), 2, content(a=1, b=2).etag, created.id, 1, (UsedLayer("base", 3),), 1, step(7)
            )
        ] == rows(store)
        assert change == rows(store)[0].change
        edit(store, content(a=2))
        edit(store, content(a=3), composed(a=3, b=2))
        edit(store, content(a=4))
        assert [(2, 1, True), (3, 2, False), (4, 3, True), (5, 4, False)] == numbered(store)
        serve(store, composed(a=4, b=3), 1)
        serve(store, ServedDocument(content(a=4)), 1)

        assert [(6, 4, True), (7, 4, False)] == numbered(store)[-2:]
        document = store.documents.get(mac(1))
        assert document is not None
        assert (7, bytes(content(a=4))) == (document.number, document.body)

    def test_pages_of_the_history(self, store: Store, service: ConfigService) -> None:
        """The newest first, below a number."""
        service.create(mac(1), content(a=1))
        for number in range(4):
            serve(store, composed(a=1, b=number), 1)
        with store.reading() as view:
            found = [view.document_history.find(mac(1), before, 2) for before in (None, 4, 2)]
            assert [] == list(view.document_history.find(mac(1), None, 0))

        assert [[5, 4], [3, 2], []] == [[row.number for row in page] for page in found]

    def test_an_edit_that_leaves_the_document_takes_no_number(self, store: Store) -> None:
        """The own content has another revision, and the history keeps the row of the number."""
        add(store, 1, content(a=1))
        serve(store, composed(a=9), 1)
        config = edit(store, content(a=2), composed(2, a=9))

        document = store.documents.get(mac(1))
        assert document is not None
        assert (2, 2) == (config.revision, document.number)
        assert [(2, 1, True)] == numbered(store)

    def test_a_recorded_config_is_the_one_that_is_read(self, store: Store, service: ConfigService) -> None:
        """With the derived fields of its document."""
        created = add(store, 1, content(deviceName="Own"))
        recorded = edit(store, content(deviceName="Mine"), composed(deviceName="Composed"))

        found = service.get(created.id)
        assert recorded == found
        assert recorded.is_followed
        assert found.is_followed
        assert ("Mine", "Composed") == (found.content.device_name, found.device_name)

    def test_a_device_may_be_created_with_a_composed_document(
        self, store: Store, queue: NotificationQueue
    ) -> None:
        """The first document and its announcement are composed."""
        with store.writing() as work:
            created = record(
                work, changes.created(work.counters.lock(mac(1)), content(a=1), step(0), composed(a=2))
            )

        document = store.documents.get(mac(1))
        assert document is not None
        assert content(a=2).etag == document.etag == created.document_etag
        assert [(1, 1, True)] == numbered(store)
        state = only(queue).announcement.state
        assert state is not None
        assert document.etag == state.etag

    def test_the_end_of_a_document_is_in_the_history(self, store: Store, service: ConfigService) -> None:
        """And so is what comes after it, whether it is restored or created."""
        created = service.create(mac(1), content(a=1))
        serve(store, composed(a=2), 1)
        service.delete(created.id)
        service.restore(created.id)
        service.delete(created.id)
        service.put(mac(1), content(a=5))
        service.put(mac(1), content(a=6))

        assert [2, 3, 4, 5, 6, 7] == [row.number for row in rows(store)]
        assert [False, True, False, True, False, False] == [row.etag is None for row in rows(store)]

    def test_a_board_swap_is_in_the_history_of_both_boards(
        self, store: Store, service: ConfigService
    ) -> None:
        """The old board is served nothing, the new one the document."""
        created = service.create(mac(1), content(a=1))
        serve(store, composed(a=2), 1)
        service.replace_device(created.id, mac(2))
        service.update(created.id, content(a=3))

        assert [(2, True), (3, False)] == [(row.number, row.etag is not None) for row in rows(store, 1)]
        assert [(3, True), (4, True)] == [(row.number, row.etag is not None) for row in rows(store, 2)]
        assert () == rows(store, 1)[-1].layers

    def test_what_is_rolled_back_is_not_served(self, store: Store, queue: NotificationQueue) -> None:
        """Neither a document, nor a row, nor an announcement is left."""
        config = add(store, 1, content(a=1))
        pending = only(queue)
        with suppress(Oops), store.writing() as work:
            work.counters.lock(mac(1))
            served = ServedAnew.of(config, composed(a=2))
            work.serve([served], UNSIGNED, step(1))
            raise Oops

        document = store.documents.get(mac(1))
        assert document is not None
        assert (1, content(a=1).etag) == (document.number, document.etag)
        assert ([], 1, pending) == (rows(store), store.newest_position(), only(queue))

    @pytest.mark.parametrize(
        "text", ['{"__proto__": 1, "": 2, "/~": "\\u00e9"}', '{"deviceName": "\U0001f600"}\r\n']
    )
    def test_bytes_are_kept(self, store: Store, text: str) -> None:
        """Whatever characters they have."""
        add(store, 1, content(a=1))
        serve(store, ServedDocument(content(text), (UsedLayer("base", 1),)), 1)

        document = store.documents.get(mac(1))
        assert document is not None
        assert text.encode() == document.body
