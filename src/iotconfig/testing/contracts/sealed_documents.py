"""The contract of documents that refer to secrets: what is stored, what devices are given, and what follows from another value."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from iotconfig.domain.announcing.notifications import Notification
from iotconfig.domain.announcing.ports import NotificationQueue
from iotconfig.domain.change_notes import ChangeNote, Operation
from iotconfig.domain.configs.bulk import BulkEntry, BulkRefusal
from iotconfig.domain.configs.bulk_options import BulkOptions, ImportOptions
from iotconfig.domain.configs.bulk_service import BulkService
from iotconfig.domain.configs.change_log import ChangeKind
from iotconfig.domain.configs.config import Config
from iotconfig.domain.configs.edits import Merge, Replace, Rollback
from iotconfig.domain.configs.history import HistoryService
from iotconfig.domain.configs.labels import LabelEdit
from iotconfig.domain.configs.query import ConfigQuery
from iotconfig.domain.configs.selection import Selection
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.domain.configs.tagging import TagService
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.documents.document import Document
from iotconfig.domain.documents.merge_patch import MergePatch
from iotconfig.domain.errors import InvalidDocument, SecretsLocked, Unprocessable
from iotconfig.domain.layering.recomposition_job import recompose_all
from iotconfig.domain.layering.secret_service import SecretService
from iotconfig.domain.secrets.sealing import is_sealed
from iotconfig.testing.announcement_builders import EVERYTHING, keys, only
from iotconfig.testing.builders import content, mac
from iotconfig.testing.ciphers import CountingCipher
from iotconfig.testing.clocks import SteppingClock
from iotconfig.testing.layer_builders import creation, layer, record_layers
from iotconfig.testing.use_cases import UseCases

_NOTE = ChangeNote("ops", "new access point")
_VALUE = "correct horse battery staple"
_TEXT = '{"deviceName": "Lamp", "psk":  {"$secret": "wifi-psk"}}'
_MISSING = '{"a": [0, {"$secret": "missing"}]}'


def _given(value: str) -> bytes:
    return f'{{"deviceName": "Lamp", "psk":  "{value}"}}'.encode()


def _stored(store: Store, number: int = 1) -> Document:
    document = store.documents.get(mac(number))
    assert document is not None
    return document


def _drain(queue: NotificationQueue) -> Sequence[Notification]:
    """Acknowledge all pending notifications, and return them."""
    pending = queue.find(EVERYTHING)
    queue.acknowledge(pending, [])
    return pending


class SealedDocumentsContract(UseCases):
    """Needs the fixtures `store`, an empty store, and `queue`, its notifications."""

    @pytest.fixture
    def wifi(self, store: Store, clock: SteppingClock) -> SecretService:
        """The use cases of secrets over the store of the test, with the secret `wifi-psk`."""
        store.composers.cipher = CountingCipher()
        wifi = SecretService(store, clock)
        wifi.set("wifi-psk", _VALUE)
        return wifi

    def test_a_device_is_given_the_value(self, service: ConfigService, wifi: SecretService) -> None:
        """What is stored of its document does not show it."""
        service.create(mac(1), _TEXT)
        stored, document = _stored(service.store), service.document(mac(1))

        assert (_given(_VALUE), 1, True) == (document.body, document.number, document.has_secrets)
        assert is_sealed(stored)
        assert _VALUE.encode() not in stored.body
        assert document.etag == stored.etag

    def test_operators_see_the_name(self, service: ConfigService, wifi: SecretService) -> None:
        """The config, its revisions and lists have the content as it was written; derived fields are those of the document."""
        created = service.create(mac(1), _TEXT)
        service.edit(created.id, Merge(MergePatch.parse('{"x": 1}')))
        config = service.get(created.id)
        history = HistoryService(service.store, service.clock)

        assert _TEXT == created.content.text
        assert '{"deviceName": "Lamp", "psk":  {"$secret": "wifi-psk"}, "x": 1}' == config.content.text
        assert ["Lamp"] == [found.device_name for found in service.find(ConfigQuery(text="lamp")).configs]
        assert _stored(service.store).etag != config.content.etag
        for number in (1, 2):
            revision = history.revision(created.id, number)
            assert _VALUE not in repr(revision)
        assert _VALUE not in repr((created, config, service.find(ConfigQuery())))

    def test_the_announced_etag_is_the_document_s(
        self, service: ConfigService, wifi: SecretService, queue: NotificationQueue
    ) -> None:
        """It needs a key, so that a guess of the value cannot be tested; a list has the same one."""
        service.create(mac(1), _TEXT)
        announced = only(queue).announcement.state
        assert announced is not None

        (summary,) = service.find(ConfigQuery()).configs
        assert service.document(mac(1)).etag == announced.etag == summary.etag
        assert ConfigContent.parse(_given(_VALUE)).etag != announced.etag

    @pytest.mark.parametrize("text", [_MISSING, '{"a": [0, {"$secret": 7}]}'])
    def test_a_document_that_cannot_be_made_is_refused(
        self, service: ConfigService, wifi: SecretService, text: str
    ) -> None:
        """Whatever would serve it, or shows what would be; nothing is stored, and the error has the pointer."""
        created = service.create(mac(1), "{}")
        before = service.store.changes_since(0, 100)
        writes: list[Callable[[], object]] = [
            lambda: service.create(mac(2), text),
            lambda: service.put(mac(2), text),
            lambda: service.put(mac(1), text),
            lambda: service.edit(created.id, Replace(content(text))),
            lambda: service.edit(created.id, Merge(MergePatch.parse(text))),
            lambda: service.preview(created.id, Replace(content(text))),
            lambda: service.preview_put(mac(1), text),
            lambda: service.preview_put(mac(2), text),
        ]
        for write in writes:
            with pytest.raises(InvalidDocument, match="secret") as refused:
                write()
            assert {"pointer": "/a/1"} == refused.value.details
        assert before == service.store.changes_since(0, 100)
        assert service.store.documents.get(mac(2)) is None

    def test_an_import_is_sealed(
        self, service: ConfigService, wifi: SecretService, store: Store, clock: SteppingClock
    ) -> None:
        """An entry whose document cannot be made is refused by itself."""
        bulk = BulkService(store, clock)
        entries = [
            BulkEntry(f"place {n}", mac(n), content(text))
            for n, text in ((1, _TEXT), (2, _MISSING), (3, "{}"))
        ]
        refused: list[BulkRefusal] = []

        tally = bulk.load(entries, ImportOptions(keep_going=True), on_refusal=refused.append)
        assert (2, 1) == (tally.new, tally.refused)
        assert [("place 2", {"pointer": "/a/1"})] == [(each.place, each.error.details) for each in refused]
        assert [_given(_VALUE), b"{}"] == [service.document(mac(number)).body for number in (1, 3)]
        assert is_sealed(_stored(store))
        assert store.documents.get(mac(2)) is None

        bulk.patch(Selection(everything=True), MergePatch.parse('{"x": 1}'), BulkOptions())
        assert _given(_VALUE)[:-1] + b', "x": 1}' == service.document(mac(1)).body

    def test_an_import_without_secrets_is_checked_too(self, store: Store, clock: SteppingClock) -> None:
        """A device is never given a reference in place of a value."""
        refused: list[BulkRefusal] = []
        entries = [
            BulkEntry("place 1", mac(1), content(_MISSING)),
            BulkEntry("place 2", mac(2), content("{}")),
        ]
        BulkService(store, clock).load(entries, ImportOptions(keep_going=True), on_refusal=refused.append)

        assert ["place 1"] == [each.place for each in refused]
        assert store.documents.get(mac(1)) is None

    def test_a_secret_that_is_gone_refuses_what_would_bring_it_back(
        self, service: ConfigService, wifi: SecretService
    ) -> None:
        """A rollback and a restoration name the secret."""
        created = service.create(mac(1), _TEXT)
        service.edit(created.id, Replace(content("{}")))
        other = service.create(mac(2), _TEXT)
        service.delete(other.id)
        wifi.remove("wifi-psk")

        writes: list[Callable[[], object]] = [
            lambda: service.edit(created.id, Rollback(1)),
            lambda: service.restore(other.id),
        ]
        for write in writes:
            with pytest.raises(InvalidDocument, match="there is no secret wifi-psk"):
                write()
        wifi.set("wifi-psk", "new")
        service.restore(other.id)
        assert _given("new") == service.document(mac(2)).body

    def test_another_value_serves_the_devices_that_use_it(
        self, service: ConfigService, wifi: SecretService, queue: NotificationQueue
    ) -> None:
        """With the next document number, an announcement and a row in the log; their revisions stay, as do other devices."""
        for number, text in ((1, _TEXT), (2, _TEXT), (3, '{"wifi-psk": "$secret"}')):
            service.create(mac(number), text)
        _drain(queue)
        before = {number: _stored(service.store, number) for number in (1, 2, 3)}
        position = service.store.newest_position()

        written = wifi.set("wifi-psk", "another", _NOTE)
        assert (2, 2) == (written.revision, written.served)
        for number in (1, 2):
            document = service.document(mac(number))
            assert (_given("another"), 2) == (document.body, document.number)
            assert before[number].etag != document.etag
            assert 1 == service.get_by_mac(mac(number)).revision
        assert before[3] == _stored(service.store, 3)
        assert [str(mac(1)), str(mac(2))] == sorted(keys(_drain(queue)))
        rows = service.store.changes_since(position, 10)
        assert [
            (ChangeKind.SECRET, "wifi-psk", Operation.UPDATE),
            (ChangeKind.DOCUMENT, str(mac(1)), Operation.SERVE),
            (ChangeKind.DOCUMENT, str(mac(2)), Operation.SERVE),
        ] == [(row.kind, row.subject.key, row.operation) for row in rows]
        assert {(written.change, "ops", "new access point")} == {
            (row.change, row.author, row.message) for row in rows
        }

    def test_the_same_value_announces_nothing(
        self, service: ConfigService, wifi: SecretService, queue: NotificationQueue
    ) -> None:
        """And a value that comes back brings its ETag back, with a further number."""
        service.create(mac(1), _TEXT)
        first = service.document(mac(1))
        _drain(queue)

        assert 0 == wifi.set("wifi-psk", _VALUE).served
        assert [] == list(_drain(queue))
        wifi.set("wifi-psk", "another")
        wifi.set("wifi-psk", _VALUE)
        assert (first.etag, first.number + 2) == (
            service.document(mac(1)).etag,
            service.document(mac(1)).number,
        )

    def test_saving_again_only_announces(
        self, service: ConfigService, wifi: SecretService, queue: NotificationQueue
    ) -> None:
        """The ciphertext differs at each time, the document does not."""
        created = service.create(mac(1), _TEXT)
        _drain(queue)
        service.edit(created.id, Replace(content(_TEXT)))

        assert 1 == service.document(mac(1)).number
        assert [str(mac(1))] == keys(_drain(queue))

    def test_a_layer_refers_to_a_secret(
        self, service: ConfigService, wifi: SecretService, store: Store, clock: SteppingClock
    ) -> None:
        """The devices that it reaches are given the value, and another one later; a secret in use is not removed."""
        record_layers(
            store, creation(layer("base", 1, tags=["floor-3"], text='{"psk": {"$secret": "wifi-psk"}}'))
        )
        tags = TagService(store, clock)
        for number in (1, 2):
            service.create(mac(number), "{}")
        tags.edit(mac(1), LabelEdit(add=["floor-3"]))

        assert f'{{"psk": "{_VALUE}"}}'.encode() == service.document(mac(1)).body
        assert 1 == wifi.set("wifi-psk", "another").served
        assert b'{"psk": "another"}' == service.document(mac(1)).body
        assert b"{}" == service.document(mac(2)).body
        with pytest.raises(Unprocessable, match="1 layer"):
            wifi.remove("wifi-psk")

    def test_many_devices_are_left_to_the_job(
        self,
        service: ConfigService,
        wifi: SecretService,
        store: Store,
        clock: SteppingClock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """It serves the newest value, whichever was the last one."""
        monkeypatch.setattr("iotconfig.domain.layering.secret_serving.AT_ONCE", 2)
        for number in (1, 2, 3):
            service.create(mac(number), _TEXT)
        service.create(mac(4), "{}")

        assert wifi.set("wifi-psk", "another").served is None
        assert wifi.set("wifi-psk", "newest").served is None
        assert _given(_VALUE) == service.document(mac(1)).body
        recompose_all(store, clock)
        assert {_given("newest")} == {service.document(mac(number)).body for number in (1, 2, 3)}
        assert 1 == service.document(mac(4)).number

    def test_a_document_is_opened_with_the_key_only(
        self, service: ConfigService, wifi: SecretService, store: Store
    ) -> None:
        """Without it, its device is told to ask again."""
        service.create(mac(1), _TEXT)
        store.composers.cipher = CountingCipher("k2")

        with pytest.raises(SecretsLocked):
            service.document(mac(1))
        assert _TEXT == service.get_by_mac(mac(1)).content.text

    def test_the_key_is_changed(self, service: ConfigService, wifi: SecretService, store: Store) -> None:
        """Documents are encrypted anew, too: number and ETag stay, and the old key is not needed any more."""
        service.create(mac(1), _TEXT)
        service.create(mac(2), "{}")
        before, plain = _stored(store), _stored(store, 2)
        wifi.reencrypt()
        after = _stored(store)

        assert (before.number, before.etag) == (after.number, after.etag)
        assert before.body != after.body
        assert plain == _stored(store, 2)
        assert _given(_VALUE) == service.document(mac(1)).body

    def test_a_document_that_changed_meanwhile_is_not_resealed(
        self, service: ConfigService, wifi: SecretService, store: Store
    ) -> None:
        """The writer did it."""
        created: Config = service.create(mac(1), _TEXT)
        with store.reading() as view:
            (old,) = view.secrets.sealed(None, 10)
            assert [] == list(view.secrets.sealed(mac(1), 10))
        service.edit(created.id, Replace(content("{}")))
        with store.writing() as work:
            work.secrets.reseal([(old, "sealed:other")])
        assert b"{}" == service.document(mac(1)).body
