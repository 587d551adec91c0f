"""The ports of secrets. The docstrings are the contracts.

Values are encrypted before a store sees them, and decrypted behind it: no store, no backup and no log of a database
has a value that could be read.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from attrs import field, frozen

from iotconfig.domain.change_notes import ChangeNote
from iotconfig.domain.mac import MacAddress

from .secret import Secret


class Cipher(Protocol):
    """Encrypts values. Each ciphertext differs, also of the same text."""

    def encrypt(self, text: str) -> str:
        """Return the ciphertext of a text: printable ASCII. Raises `Unprocessable` where there is no key."""
        ...

    def decrypt(self, ciphertext: str) -> str:
        """Return the text of a ciphertext. Raises `SecretsLocked` where none of the keys made it."""
        ...


@frozen
class ReferringContent:
    """The own content of a device that may refer to secrets."""

    mac_address: MacAddress
    text: str


@frozen
class SealedText:
    """The sealed document of a device, as it is stored."""

    mac_address: MacAddress
    text: str = field(repr=False)


class SecretReader(Protocol):
    """Reads secrets, and the contents that may refer to them."""

    def find(self, names: Collection[str]) -> Sequence[Secret]:
        """Return those of these secrets that exist, sorted by name."""
        ...

    def all(self) -> Sequence[Secret]:
        """Return all secrets, sorted by name."""
        ...

    def referring(self, name: str | None, after: MacAddress | None, limit: int) -> Sequence[ReferringContent]:
        """Return up to `limit` contents of configs that may refer to secrets, sorted by MAC address.

        Those that have the characters `"$secret"`, of devices after `after`; None begins with the first one.

        name: those that have this name in quotes, too; None for all.
        """
        ...

    def sealed(self, after: MacAddress | None, limit: int) -> Sequence[SealedText]:
        """Return up to `limit` sealed documents of devices after `after`, sorted by MAC address; None begins with the first one."""
        ...

    def etag_key(self) -> bytes:
        """Return the key of the ETags of documents with values of secrets: 32 random bytes, which the store keeps."""
        ...


class SecretRepository(SecretReader, Protocol):
    """Changes secrets inside a unit of work that has locked the layers (`LayerRepository.lock`).

    A secret changes documents as a layer does, so each change raises the generation of the layers; and it adds a row of
    kind `secret` to the change log, without the value.
    """

    def set(self, secret: Secret, note: ChangeNote, now: datetime) -> str:
        """Add a secret, or replace the one of its name; return the id of the write.

        The change log gets `create` for the revision 1, `update` for any other.
        """
        ...

    def remove(self, secret: Secret, note: ChangeNote, now: datetime) -> str:
        """Remove a secret; return the id of the write. The change log gets `delete`, and the secret's last revision."""
        ...

    def reencrypt(self, secret: Secret) -> None:
        """Store another ciphertext of the same value. It is no change: log and generation stay."""
        ...

    def reseal(self, documents: Sequence[tuple[SealedText, str]]) -> None:
        """Store other ciphertexts of the same documents: each has the one that was read, and the other one.

        No counter needs to be locked: a document that is another one by now stays as it is. Nothing is announced.
        """
        ...
