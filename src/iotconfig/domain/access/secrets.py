"""Tokens of the form `prefix_key_secret`. The key finds the row; of the secret only a digest is stored.

A plain SHA-256 is sufficient: unlike a password, a secret of 256 random bits cannot be guessed.
"""

from __future__ import annotations

import hmac
import re
import secrets
from hashlib import sha256
from typing import Final

_TOKEN: Final = re.compile(r"([a-z]+)_([0-9a-f]{12})_[0-9a-f]{64}")


def new_key() -> str:
    """Return a random key: 12 hexadecimal digits."""
    return secrets.token_hex(6)


def new_token(prefix: str, key: str) -> str:
    """Return a new token with 256 random bits."""
    return f"{prefix}_{key}_{secrets.token_hex(32)}"


def has_prefix(prefix: str, text: str) -> bool:
    """Whether the text has the prefix of this kind of token."""
    return text.startswith(f"{prefix}_")


def key_of(prefix: str, text: str) -> str | None:
    """Return the key of a token of this kind; None where the text is not one."""
    found = _TOKEN.fullmatch(text)
    return found[2] if found is not None and found[1] == prefix else None


def digest_of(text: str) -> str:
    """Return the digest that is stored: SHA-256, in hexadecimal digits."""
    return sha256(text.encode()).hexdigest()


def is_digest_of(digest: str, text: str) -> bool:
    """Whether a stored digest is the token's, compared in constant time."""
    return hmac.compare_digest(digest, digest_of(text))
