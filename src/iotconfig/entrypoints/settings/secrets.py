"""The keys of secrets."""

from __future__ import annotations

from attrs import frozen

from . import parsers
from .fields import setting


@frozen
class SecretsSettings:
    """The keys of secrets."""

    keys: tuple[str, ...] = setting(
        "IOTCONFIG_SECRETS_KEY",
        parsers.encryption_keys,
        (),
        "The key that encrypts secrets in the database, as `iotconfig secret new-key` prints it, the same on all machines that use the "
        "database. Several, separated by commas, while the key is changed: the first one encrypts, each of them decrypts. Unset, "
        "there are no secrets",
        secret=True,
    )
