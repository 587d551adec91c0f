"""The encryption of secrets."""

from __future__ import annotations

from attrs import define, field

from iotconfig.domain.secrets.ciphers import NO_KEYS
from iotconfig.domain.secrets.ports import Cipher
from iotconfig.entrypoints.settings import Settings


def cipher(settings: Settings) -> Cipher:
    """What encrypts secrets in the database, and decrypts them."""
    return _CipherOnDemand(settings.secrets.keys) if settings.secrets.keys else NO_KEYS


def new_secrets_key() -> str:
    """A new random key for the settings."""
    from iotconfig.adapters.encryption import new_key

    return new_key()


@define
class _CipherOnDemand:
    """`Cipher` whose library is loaded at the first secret: it takes a fifth of the start of a command."""

    _keys: tuple[str, ...] = field(repr=False)
    _made: Cipher | None = None

    def encrypt(self, text: str) -> str:
        return self._cipher().encrypt(text)

    def decrypt(self, ciphertext: str) -> str:
        return self._cipher().decrypt(ciphertext)

    def _cipher(self) -> Cipher:
        if self._made is None:
            from iotconfig.adapters.encryption import FernetCipher

            self._made = FernetCipher(self._keys)
        return self._made
