"""Sealed documents: with the values of secrets, and encrypted as a whole while they are stored.

A document that refers to no secret is stored as it is served. Any other one is stored sealed, so that neither the
database nor a backup of it shows a value, and opened when it is fetched: that is one decryption, and no further read.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from typing import Final, Self

from attrs import define, evolve, field

from iotconfig.domain.documents.content import DEFAULT_MAX_BYTES, ConfigContent
from iotconfig.domain.documents.document import Document
from iotconfig.domain.errors import ContentTooLarge

from .ciphers import NO_KEYS
from .ports import Cipher, SecretReader
from .references import MARK, names_of
from .resolving import resolved
from .secret import Secret

SEALED: Final = "sealed:"
"""What the text of a sealed document begins with. A document is a JSON object, and begins otherwise."""
SEALED_BYTES: Final = SEALED.encode()
"""The same, of a body."""


def keyed_etag(document: bytes, key: bytes) -> str:
    """Return the validator of a document that has values of secrets, quotes included.

    A digest of the bytes that needs a key: whoever reads it, such as a retained message on the broker, cannot test
    guesses of a value.
    """
    return f'"{hmac.new(key, document, hashlib.sha256).hexdigest()[:32]}"'


@define(eq=False)
class Sealer:
    """Seals documents with the secrets of one moment. Safe to share between threads, and between greenlets."""

    _secrets: Mapping[str, Secret] = field(factory=dict, repr=False)
    """By name."""
    _key: bytes = field(default=b"", repr=False)
    """The key of the ETags."""
    _cipher: Cipher = NO_KEYS
    _max_bytes: int = DEFAULT_MAX_BYTES
    _values: dict[str, str] = field(init=False, factory=dict, repr=False)
    """The values of the secrets that were needed so far."""

    @classmethod
    def of(cls, secrets: SecretReader, cipher: Cipher, max_bytes: int = DEFAULT_MAX_BYTES) -> Self:
        """Read the secrets and the key of a store."""
        found = {secret.name: secret for secret in secrets.all()}
        return cls(found, secrets.etag_key() if found else b"", cipher, max_bytes)

    def __bool__(self) -> bool:
        """Whether there are any secrets."""
        return bool(self._secrets)

    def sealed(self, document: ConfigContent) -> ConfigContent:
        """Return a document as it is stored: sealed where it refers to secrets, and else itself.

        A sealed one has a text that is no document, and the ETag of what devices are given.

        document: with the names of secrets.

        Raises `InvalidDocument`, with its pointer, for a malformed reference, and for one to a secret that does not
        exist; `ContentTooLarge` where the document is too large with the values; `SecretsLocked` where a value cannot
        be decrypted.
        """
        given = self.given(document)
        if given is document.text:
            return document
        body = given.encode()
        if len(body) > self._max_bytes:
            raise ContentTooLarge(
                f"With the values of its secrets, the document is larger than {self._max_bytes} bytes.",
                max_bytes=self._max_bytes,
            )
        return evolve(
            document, text=f"{SEALED}{self._cipher.encrypt(given)}", etag=keyed_etag(body, self._key)
        )

    def given(self, document: ConfigContent) -> str:
        """Return the text that devices are given, which the rules of a model are about; itself without references.

        document: with the names of secrets. What a check finds in it is shown only where `shows_value` is false.
        Raises as `sealed` does.
        """
        text = document.text
        if MARK not in text or not (names := names_of(text)):
            return text
        return resolved(text, self._values_of(names))

    def _values_of(self, names: Iterable[str]) -> Mapping[str, str]:
        """The values of secrets. Those that do not exist are left out."""
        for name in names:
            if name not in self._values and name in self._secrets:
                self._values[name] = self._cipher.decrypt(self._secrets[name].ciphertext)
        return self._values


def is_sealed(document: Document) -> bool:
    """Whether a document that was read has to be opened."""
    return document.body.startswith(SEALED_BYTES)


def opened(document: Document, cipher: Cipher) -> Document:
    """Return a sealed document as its device is given it. Raises `SecretsLocked` where it cannot be decrypted."""
    ciphertext = document.body[len(SEALED_BYTES) :].decode()
    return evolve(document, body=cipher.decrypt(ciphertext).encode(), has_secrets=True)


def resealed(text: str, cipher: Cipher) -> str:
    """Return the text of a sealed document, encrypted anew. Raises `SecretsLocked` where it cannot be decrypted."""
    return f"{SEALED}{cipher.encrypt(cipher.decrypt(text.removeprefix(SEALED)))}"
