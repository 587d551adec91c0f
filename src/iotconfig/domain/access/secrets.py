"""Tokens: `prefix_key_secret`. The key finds the row, the secret proves the rest; only a digest is stored.

A plain SHA-256 is enough for a digest: the secret is 256 random bits, which
nobody tries out, unlike what people choose.
"""

from __future__ import annotations

import hmac
import re
import secrets
from hashlib import sha256
from typing import Final

_TOKEN: Final = re.compile(r"([a-z]+)_([0-9a-f]{12})_[0-9a-f]{64}")


def new_key() -> str:
    """A key for a new token: 12 hexadecimal digits."""
    return secrets.token_hex(6)


def new_token(prefix: str, key: str) -> str:
    """A new token, of 256 random bits."""
    return f"{prefix}_{key}_{secrets.token_hex(32)}"


def has_prefix(prefix: str, text: str) -> bool:
    """Whether the text means to be a token of this kind."""
    return text.startswith(f"{prefix}_")


def key_of(prefix: str, text: str) -> str | None:
    """The key of a token of this kind; None where the text is none."""
    found = _TOKEN.fullmatch(text)
    return found[2] if found is not None and found[1] == prefix else None


def digest_of(text: str) -> str:
    """What is stored of a token: SHA-256, in hexadecimal digits."""
    return sha256(text.encode()).hexdigest()


def is_digest_of(digest: str, text: str) -> bool:
    """Whether a stored digest is that of the token; takes the same time wherever they differ."""
    return hmac.compare_digest(digest, digest_of(text))
