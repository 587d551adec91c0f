"""The encryption of secrets."""

from __future__ import annotations

from iotconfig.adapters.encryption import FernetCipher, new_key
from iotconfig.domain.secrets.ports import Cipher
from iotconfig.entrypoints.settings import Settings


def cipher(settings: Settings) -> Cipher:
    """What encrypts secrets in the database, and decrypts them."""
    return FernetCipher(settings.secrets.keys)


def new_secrets_key() -> str:
    """A new random key for the settings."""
    return new_key()
