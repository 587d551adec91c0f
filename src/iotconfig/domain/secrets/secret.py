"""A secret: its name, and its value as it is stored."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from attrs import field, frozen

from iotconfig.domain.arguments import check_kind
from iotconfig.domain.errors import ValidationFailed
from iotconfig.domain.names import name_of
from iotconfig.domain.text import is_storable

MAX_VALUE_BYTES: Final = 4096
"""Maximum size of a value, in bytes of UTF-8."""

MAX_SECRETS: Final = 1000
"""Maximum number of secrets."""


@frozen
class Secret:
    """A secret as it is stored."""

    name: str
    ciphertext: str = field(repr=False)
    """The value, encrypted."""
    revision: int
    """1 for the first value, one more for each other one. It begins again after a removal."""
    created_at: datetime
    updated_at: datetime


def secret_name(text: str) -> str:
    """Return `text` if it is the name of a secret. Raises `ValidationFailed` otherwise, and `TypeError` for what is no str."""
    return name_of(text, "secret")


def checked_value(value: str) -> str:
    """Return a value if it can be stored and served. The errors say nothing of it.

    Raises `ValidationFailed` for an empty value, for more than 4,096 bytes of UTF-8, and for U+0000 and lone
    surrogates, which no document may have; `TypeError` for what is no str.
    """
    check_kind(value, str, "The value of a secret is a str")
    if not value:
        raise ValidationFailed("The value of a secret must not be empty.", parameter="value")
    if not is_storable(value):
        raise ValidationFailed(
            "The value of a secret is text without NUL and without lone surrogates.", parameter="value"
        )
    if len(value.encode()) > MAX_VALUE_BYTES:
        raise too_long()
    return value


def too_long() -> ValidationFailed:
    """The error for a value that is too long."""
    return ValidationFailed(
        f"The value of a secret has at most {MAX_VALUE_BYTES} bytes of UTF-8.", parameter="value"
    )
