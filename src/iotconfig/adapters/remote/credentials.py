"""The kinds of tokens that requests to a service have, by which refusals differ."""

from __future__ import annotations

from enum import Enum
from typing import Self

from iotconfig.domain.access.identity import SESSION_PREFIX


class Credential(Enum):
    """What a request to a service is sent with."""

    NONE = "none"
    TOKEN = "token"  # noqa: S105 - a word
    """An API token, or an access token of an identity provider."""
    SESSION = "session"
    """The token of a person who signed in with `iotconfig login`."""

    @classmethod
    def of(cls, token: str) -> Self:
        """The kind of a token; empty for none."""
        if not token:
            return cls("none")
        return cls("session" if token.startswith(f"{SESSION_PREFIX}_") else "token")
