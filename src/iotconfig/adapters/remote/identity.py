"""Whom a service takes a token for."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from .answers import RemoteUseCases
from .connection import Request


@frozen
class RemoteIdentity:
    """The caller, as a service knows it."""

    subject: str
    """The author of the caller's changes."""
    roles: Sequence[str]


@frozen
class RemoteIdentities(RemoteUseCases):
    """Asks who the caller is."""

    def whoami(self) -> RemoteIdentity:
        """The caller. Raises `AuthenticationRequired` where the token is missing or refused."""
        return self.entity(Request("GET", "/api/auth/self"), RemoteIdentity)
