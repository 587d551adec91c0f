"""Sealed documents: what is stored, what a device is given, and their ETags."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from attrs import frozen

from iotconfig.adapters.memory import MemoryStore
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.documents.document import Document
from iotconfig.domain.errors import ContentTooLarge, InvalidDocument, SecretsLocked
from iotconfig.domain.layering.secret_service import SecretService
from iotconfig.domain.secrets.sealing import Sealer, is_sealed, keyed_etag, opened
from iotconfig.testing.ciphers import CountingCipher
from iotconfig.testing.clocks import SteppingClock

CIPHER = CountingCipher()
REFERENCE = '{"$secret": "wifi-psk"}'
VALUE = "correct horse battery staple"
REFERRING = ConfigContent.parse('{"deviceName": "Lamp", "psk":  {"$secret": "wifi-psk"}}')
SERVED = f'{{"deviceName": "Lamp", "psk":  "{VALUE}"}}'.encode()


@contextmanager
def sealing(**values: str) -> Iterator[Sealer]:
    """Seals with these secrets; an underscore of a name stands for a dash."""
    store = MemoryStore()
    store.composers.cipher = CIPHER
    service = SecretService(store, SteppingClock())
    for name, value in values.items():
        service.set(name.replace("_", "-"), value)
    with store.reading() as view:
        yield Sealer.of(view.secrets, CIPHER)


def fetched(stored: ConfigContent) -> Document:
    return Document(1, bytes(stored), stored.etag)


def test_a_document_with_references_is_stored_sealed() -> None:
    """It comes back with the values; derived fields stay as they are."""
    with sealing(wifi_psk=VALUE) as seal:
        stored = seal.sealed(REFERRING)
    document = fetched(stored)

    assert VALUE not in stored.text
    assert is_sealed(document)
    assert (SERVED, stored.etag, 1) == (
        opened(document, CIPHER).body,
        opened(document, CIPHER).etag,
        opened(document, CIPHER).number,
    )
    assert "Lamp" == stored.device_name


@pytest.mark.parametrize("text", ["{}", ' {"a": "$secret"}', '{"a": "sealed:x", "\\u0024secret": "b"}'])
def test_any_other_document_is_stored_as_it_is(text: str) -> None:
    """Its ETag is that of its bytes."""
    document = ConfigContent.parse(text)
    with sealing() as seal:
        assert document is seal.sealed(document)
    assert not is_sealed(fetched(document))


def test_the_etag_follows_the_value_only() -> None:
    """The same value has the same one, whatever the ciphertext; no guess of a value can be tested with it."""
    with sealing(wifi_psk=VALUE) as seal:
        first, again = seal.sealed(REFERRING), seal.sealed(REFERRING)
        assert (first.etag, False) == (again.etag, first.text == again.text)
        assert ConfigContent.parse(SERVED).etag != first.etag
        assert REFERRING.etag != first.etag
    with sealing(wifi_psk=VALUE) as other:
        assert first.etag != other.sealed(REFERRING).etag, "another database has another key"


def test_an_etag_needs_the_key() -> None:
    """The same bytes have the same one under one key, and another one under another key."""
    assert keyed_etag(b"{}", b"k") == keyed_etag(b"{}", b"k")
    assert keyed_etag(b"{}", b"k") != keyed_etag(b"{}", b"l")
    assert keyed_etag(b"{}", b"k") != keyed_etag(b"{ }", b"k")
    assert 34 == len(keyed_etag(b"{}", b"k"))


def test_what_cannot_be_sealed_is_refused() -> None:
    """A secret that does not exist, a malformed reference, and a document that the values make too large."""
    with sealing() as seal, pytest.raises(InvalidDocument, match="there is no secret wifi-psk"):
        seal.sealed(REFERRING)
    with sealing(wifi_psk=VALUE) as seal, pytest.raises(InvalidDocument, match="has the member"):
        seal.sealed(ConfigContent.parse('{"a": {"$secret": 1}}'))
    with sealing(wifi_psk="x" * 4096) as seal:
        many = ConfigContent.parse(f'{{"a": [{", ".join([REFERENCE] * 70)}]}}')
        with pytest.raises(ContentTooLarge, match="With the values of its secrets"):
            seal.sealed(many)


def test_without_the_key_nothing_is_sealed_or_opened() -> None:
    """A value that another key encrypted does not become a part of a document."""
    with sealing(wifi_psk=VALUE) as seal:
        stored = fetched(seal.sealed(REFERRING))
    with pytest.raises(SecretsLocked, match="another key"):
        opened(stored, CountingCipher("k2"))


def test_values_are_decrypted_once() -> None:
    """However many documents refer to them, and only those that documents refer to."""
    asked: list[str] = []

    @frozen
    class Counting:
        def encrypt(self, text: str) -> str:
            return CIPHER.encrypt(text)

        def decrypt(self, ciphertext: str) -> str:
            asked.append(ciphertext)
            return CIPHER.decrypt(ciphertext)

    store = MemoryStore()
    store.composers.cipher = CIPHER
    service = SecretService(store, SteppingClock())
    service.set("wifi-psk", VALUE)
    service.set("other", VALUE)
    with store.reading() as view:
        counting = Sealer.of(view.secrets, Counting())
    for _ in range(3):
        counting.sealed(REFERRING)
    assert 1 == len(asked)
