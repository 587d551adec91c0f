"""The use cases of `ApiTokenService` as the commands call them, whether they run on a database or on a service."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from .principal import Role


class ApiTokenSummary(Protocol):
    """What an operator sees of an API token: `ApiToken` without its key and digest, which stay in the database."""

    @property
    def name(self) -> str: ...

    @property
    def role(self) -> Role: ...

    @property
    def created_at(self) -> datetime: ...

    @property
    def expires_at(self) -> datetime | None: ...

    @property
    def last_used_at(self) -> datetime | None: ...

    @property
    def revoked_at(self) -> datetime | None: ...

    def state(self, now: datetime) -> str:
        """`active`, `expired` or `revoked`."""
        ...


class ApiTokenUseCases(Protocol):
    """The use cases of `ApiTokenService` that operators have; its docstrings are the contract."""

    def create(self, name: str, role: Role, expires_at: datetime | None = ...) -> tuple[ApiTokenSummary, str]:
        """Create a token; return it with its text."""
        ...

    def all(self) -> Sequence[ApiTokenSummary]:
        """Return all tokens, including revoked ones, sorted by name."""
        ...

    def revoke(self, name: str) -> None:
        """Revoke a token."""
        ...
