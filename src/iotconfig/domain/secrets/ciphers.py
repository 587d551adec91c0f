"""The cipher of a program without keys."""

from __future__ import annotations

from typing import Final, NoReturn

from attrs import frozen

from iotconfig.domain.errors import SecretsLocked, Unprocessable

from .ports import Cipher


@frozen
class _NoKeys:
    """`Cipher` that refuses: no secret is set, and none is read."""

    def encrypt(self, _text: str) -> NoReturn:
        raise Unprocessable(
            "Secrets are encrypted, and no key is set: set IOTCONFIG_SECRETS_KEY, to what 'iotconfig secret new-key' prints."
        )

    def decrypt(self, _ciphertext: str) -> NoReturn:
        raise SecretsLocked("IOTCONFIG_SECRETS_KEY is not set")


NO_KEYS: Final[Cipher] = _NoKeys()
"""Refuses to encrypt and to decrypt, and says how to set a key."""
