"""The contract of secrets in a store: what the port keeps, and the use cases over it."""

from __future__ import annotations

from datetime import datetime

import pytest

from iotconfig.domain.change_notes import ChangeNote, Operation
from iotconfig.domain.configs.bulk_options import BulkOptions
from iotconfig.domain.configs.bulk_service import BulkService
from iotconfig.domain.configs.change_log import ChangeKind, LoggedChange
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.domain.errors import RecordNotFound, Unprocessable, ValidationFailed
from iotconfig.domain.layering.secret_service import SecretService
from iotconfig.domain.secrets.secret import Secret
from iotconfig.domain.secrets.use_cases import SecretUse
from iotconfig.testing.builders import mac
from iotconfig.testing.ciphers import CountingCipher
from iotconfig.testing.clocks import SteppingClock
from iotconfig.testing.layer_builders import creation, layer, record_layers
from iotconfig.testing.simultaneous import together
from iotconfig.testing.use_cases import UseCases

_NOTE = ChangeNote("ops", "new access point")
_VALUE = "correct horse battery staple"


def _log(store: Store) -> list[LoggedChange]:
    return [row for row in store.changes_since(0, 1000) if row.kind is ChangeKind.SECRET]


class SecretsContract(UseCases):
    """Needs the fixture `store`, an empty store."""

    @pytest.fixture
    def secrets(self, store: Store, clock: SteppingClock) -> SecretService:
        """The use cases over the store of the test."""
        store.composers.cipher = CountingCipher()
        return SecretService(store, clock)

    def test_a_secret_is_set_and_listed_without_its_value(self, store: Store, secrets: SecretService) -> None:
        """Nothing that the store gives has the value."""
        written = secrets.set("wifi-psk", _VALUE, _NOTE)
        with store.reading() as view:
            (stored,) = view.secrets.all()
        (listed,) = secrets.all()

        assert ("wifi-psk", 1) == (written.name, written.revision)
        assert ("wifi-psk", 1) == (listed.name, listed.revision)
        assert _VALUE == store.composers.cipher.decrypt(stored.ciphertext)
        assert _VALUE not in repr((stored, listed, written, _log(store)))

    def test_another_value_is_another_revision(self, secrets: SecretService) -> None:
        """The time of its creation stays."""
        secrets.set("wifi-psk", "one")
        (first,) = secrets.all()
        assert 2 == secrets.set("wifi-psk", "two").revision
        (second,) = secrets.all()

        assert first.created_at == second.created_at
        assert second.created_at < second.updated_at

    def test_the_same_value_changes_nothing(self, store: Store, secrets: SecretService) -> None:
        """It makes no revision, and no row in the change log."""
        secrets.set("wifi-psk", "one")
        before = secrets.all()

        again = secrets.set("wifi-psk", "one")
        assert (1, None) == (again.revision, again.change)
        assert before == secrets.all()
        assert 1 == len(_log(store))

    def test_the_change_log_has_the_names(self, store: Store, secrets: SecretService) -> None:
        """The author, the message and the id of the write, for each change."""
        changes = [secrets.set("wifi-psk", "one", _NOTE).change, secrets.set("wifi-psk", "two", _NOTE).change]
        changes.append(secrets.remove("wifi-psk", _NOTE))

        assert [
            (Operation.CREATE, 1, changes[0]),
            (Operation.UPDATE, 2, changes[1]),
            (Operation.DELETE, 2, changes[2]),
        ] == [(row.operation, row.revision, row.change) for row in _log(store)]
        assert {("secret", "wifi-psk", "ops", "new access point")} == {
            (row.subject.kind.value, row.subject.key, row.author, row.message) for row in _log(store)
        }
        assert 3 == len(set(changes))

    def test_secrets_are_sorted_and_found_by_name(self, store: Store, secrets: SecretService) -> None:
        """Names that do not exist are omitted."""
        for name in ("b", "a-1", "0", "a"):
            secrets.set(name, "value")

        assert ["0", "a", "a-1", "b"] == [secret.name for secret in secrets.all()]
        with store.reading() as view:
            assert ["a", "b"] == [secret.name for secret in view.secrets.find(["b", "a", "missing"])]
            assert [] == list(view.secrets.find([]))

    def test_a_removed_secret_begins_again(self, secrets: SecretService) -> None:
        """It is gone, and one of its name can be set."""
        secrets.set("wifi-psk", "one")
        secrets.set("wifi-psk", "two")
        secrets.remove("wifi-psk")

        assert [] == list(secrets.all())
        with pytest.raises(RecordNotFound, match="Secret wifi-psk was not found"):
            secrets.remove("wifi-psk")
        assert 1 == secrets.set("wifi-psk", "two").revision

    @pytest.mark.parametrize("name", ["", "-a", "A", "a_b", "a/b", "ä", "a" * 64, "a\n"])
    def test_other_names_are_refused(self, secrets: SecretService, name: str) -> None:
        """A name is in paths of URLs, and in documents."""
        with pytest.raises(ValidationFailed, match="is no name of a secret"):
            secrets.set(name, "value")
        assert [] == list(secrets.all())

    @pytest.mark.parametrize("value", ["", "a\0b", "\ud800", "x" * 4097, "ü" * 2049])
    def test_other_values_are_refused(self, secrets: SecretService, value: str) -> None:
        """The error says nothing of the value."""
        with pytest.raises(ValidationFailed, match="The value of a secret") as refused:
            secrets.set("wifi-psk", value)
        assert [] == list(secrets.all())
        assert not value or value not in str(refused.value)

    @pytest.mark.parametrize("value", ["x" * 4096, "ü" * 2048, '"\\\n', " ", "🔑"])
    def test_values_come_back_as_they_were(self, store: Store, secrets: SecretService, value: str) -> None:
        """To the byte."""
        secrets.set("wifi-psk", value)
        with store.reading() as view:
            (stored,) = view.secrets.all()
        assert value == store.composers.cipher.decrypt(stored.ciphertext)

    def test_a_secret_in_use_is_not_removed(self, store: Store, secrets: SecretService) -> None:
        """The refusal names the devices; a name that is only similar does not count."""
        configs = ConfigService(store, secrets.clock)
        secrets.set("wifi-psk", "value")
        secrets.set("wifi", "value")
        for number in (2, 1):
            configs.create(mac(number), '{"wifi": {"psk": {"$secret": "wifi-psk"}, "wifi": "wifi"}}')
        configs.create(mac(3), '{"a": "\\"$secret\\": \\"wifi-psk\\""}')

        record_layers(store, creation(layer("base", text='{"psk": {"$secret": "wifi-psk"}}', enabled=False)))

        with pytest.raises(
            Unprocessable, match=r"in use, .*: by 1 layer \(base\) and 2 devices \("
        ) as refused:
            secrets.remove("wifi-psk")
        assert {
            "devices": 2, "sample": [str(mac(1)), str(mac(2))], "layers": ["base"],
        } == refused.value.details  # fmt: skip
        secrets.remove("wifi")
        assert ["wifi-psk"] == [secret.name for secret in secrets.all()]

    def test_the_list_says_who_uses_a_secret(self, store: Store, secrets: SecretService) -> None:
        """The number of devices, the first of them, and the layers."""
        configs = ConfigService(store, secrets.clock)
        secrets.set("a", "value")
        secrets.set("b", "value")
        for number in range(25):
            configs.create(mac(number), '{"x": [{"$secret": "a"}, {"$secret": "a"}]}')

        record_layers(store, creation(layer("base", text='{"x": {"$secret": "b"}}')))

        a, b = secrets.all()
        assert SecretUse(25, tuple(map(mac, range(20)))) == a.used_by
        assert SecretUse(0, (), ("base",)) == b.used_by

    def test_contents_that_refer_are_read_in_pages(self, store: Store, secrets: SecretService) -> None:
        """Sorted by MAC address, and only those that may refer to the secret."""
        configs = ConfigService(store, secrets.clock)
        secrets.set("a", "value")
        secrets.set("b", "value")
        for number in (3, 1, 2):
            configs.create(mac(number), '{"x": {"$secret": "a"}}')
        configs.create(mac(4), '{"x": {"$secret": "b"}}')
        configs.create(mac(5), '{"x": "a"}')

        with store.reading() as view:
            first = view.secrets.referring("a", None, 2)
            rest = view.secrets.referring("a", first[-1].mac_address, 2)
            assert [mac(1), mac(2)] == [found.mac_address for found in first]
            assert [mac(3)] == [found.mac_address for found in rest]
            assert '{"x": {"$secret": "a"}}' == first[0].text
            assert 4 == len(view.secrets.referring(None, None, 10))

    def test_the_key_of_etags_is_random_and_stays(self, store: Store, secrets: SecretService) -> None:
        """It is there with the first secret, in every block."""
        secrets.set("a", "value")
        with store.reading() as view:
            first = view.secrets.etag_key()
        secrets.remove("a")
        secrets.set("b", "value")
        with store.writing() as work:
            assert first == work.secrets.etag_key()
        assert 32 == len(first)

    def test_reencrypting_is_no_change(self, store: Store, secrets: SecretService) -> None:
        """Revisions, times and the change log stay; the ciphertexts are others."""
        secrets.set("a", "value")
        before, log = secrets.all(), _log(store)
        with store.reading() as view:
            (old,) = view.secrets.all()

        assert 1 == secrets.reencrypt()
        with store.reading() as view:
            (new,) = view.secrets.all()
        assert (before, log) == (secrets.all(), _log(store))
        assert old.ciphertext != new.ciphertext
        assert "value" == store.composers.cipher.decrypt(new.ciphertext)

    def test_a_value_whose_key_is_lost_can_be_replaced(self, store: Store, secrets: SecretService) -> None:
        """It is another revision, even if the value is the same: nobody can know."""
        secrets.set("a", "value")
        store.composers.cipher = CountingCipher("k2")

        assert 2 == secrets.set("a", "value").revision

    def test_a_write_that_fails_stores_nothing(self, store: Store, clock: SteppingClock) -> None:
        """The secret and its row in the change log are one transaction."""
        now: datetime = clock()
        with pytest.raises(RuntimeError), store.writing() as work:
            work.layers.lock()
            work.secrets.set(Secret("a", "cipher", 1, now, now), _NOTE, now)
            raise RuntimeError
        with store.reading() as view:
            assert [] == list(view.secrets.all())
        assert [] == _log(store)

    def test_each_change_is_another_generation(self, store: Store, secrets: SecretService) -> None:
        """As one of layers: what was composed before may be kept for the same generation only."""
        found = []
        for write in (
            lambda: secrets.set("a", "one"),
            lambda: secrets.set("a", "two"),
            lambda: secrets.set("a", "two"),
            secrets.reencrypt,
            lambda: secrets.remove("a"),
        ):
            write()
            with store.reading() as view:
                found.append(view.layers.generation())
        first, second, *same, last = found
        assert [second, second] == same
        assert 0 < first < second < last

    def test_a_change_of_a_secret_is_not_undone(
        self, store: Store, secrets: SecretService, clock: SteppingClock
    ) -> None:
        """Earlier values are not kept: the refusal says so, whether the value was set, replaced or removed."""
        bulk = BulkService(store, clock)
        changes = [secrets.set("a", "one").change, secrets.set("a", "two").change, secrets.remove("a")]
        for change in changes:
            with pytest.raises(
                Unprocessable, match=r'secret "a".* not kept\. Set the value again'
            ) as refused:
                bulk.undo(str(change), BulkOptions())
            assert "two" not in str(refused.value)
        with pytest.raises(RecordNotFound):
            bulk.undo("0011223344556677", BulkOptions())

    def test_concurrent_values_of_one_secret(self, store: Store, secrets: SecretService) -> None:
        """Of eight writers, each makes a revision of its own."""
        written = together(8, lambda number: secrets.set("a", f"value {number}").revision)

        assert list(range(1, 9)) == sorted(written)
        assert list(range(1, 9)) == [row.revision for row in _log(store)]
