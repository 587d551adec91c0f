"""A cipher for the suites: reversible, and without a technology."""

from __future__ import annotations

from base64 import b64decode, b64encode
from itertools import count

from attrs import field, frozen

from iotconfig.domain.errors import SecretsLocked


@frozen
class CountingCipher:
    """`Cipher` that hides a text from a reader of the store, and protects nothing. Each ciphertext differs."""

    key: str = "k1"
    """What a ciphertext needs to be decrypted."""
    _numbers: count[int] = field(factory=lambda: count(1), repr=False)

    def encrypt(self, text: str) -> str:
        return f"{self.key}.{next(self._numbers)}.{b64encode(text.encode()).decode()}"

    def decrypt(self, ciphertext: str) -> str:
        key, _, body = ciphertext.split(".")
        if key != self.key:
            raise SecretsLocked("another key encrypted it")
        return b64decode(body).decode()
