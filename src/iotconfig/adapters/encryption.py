"""`Cipher` with keys of Fernet (AES-128-CBC with HMAC-SHA256, of the package cryptography)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from attrs import field, frozen
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from iotconfig.domain.errors import SecretsLocked


@frozen(slots=False)
class FernetCipher:
    """`Cipher` with one key or more: the first one encrypts, each of them decrypts."""

    _keys: Sequence[str] = field(repr=False)
    """One at least. Each: 32 bytes in URL-safe base64."""

    def encrypt(self, text: str) -> str:
        return self._fernet.encrypt(text.encode()).decode("ascii")

    def decrypt(self, ciphertext: str) -> str:
        try:
            return self._fernet.decrypt(ciphertext.encode()).decode()
        except InvalidToken:
            raise SecretsLocked("IOTCONFIG_SECRETS_KEY has not the key that encrypted it") from None

    @cached_property
    def _fernet(self) -> MultiFernet:
        return MultiFernet([Fernet(key) for key in self._keys])


def new_key() -> str:
    """Return a new random key."""
    return Fernet.generate_key().decode("ascii")
