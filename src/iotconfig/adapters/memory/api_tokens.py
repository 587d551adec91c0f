"""API tokens in a dictionary."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from threading import Lock

from attrs import evolve, field, frozen

from iotconfig.domain.access.api_tokens import ApiToken
from iotconfig.domain.errors import NameTaken

from .state import always_open


@frozen
class MemoryApiTokenStore:
    """`ApiTokenStore` in memory."""

    _check_open: Callable[[], None] = always_open
    """Raises `ServiceClosed` once the store of which this is a part is closed."""
    _tokens: dict[str, ApiToken] = field(init=False, factory=dict, repr=False)
    _writer: Lock = field(init=False, factory=Lock, repr=False)

    def add(self, token: ApiToken) -> None:
        self._check_open()
        with self._writer:
            if token.name in self._tokens:
                raise NameTaken(token.name)
            self._tokens[token.name] = token

    def find(self, key: str) -> ApiToken | None:
        self._check_open()
        return next((token for token in tuple(self._tokens.values()) if token.key == key), None)

    def all(self) -> Sequence[ApiToken]:
        self._check_open()
        return sorted(self._tokens.values(), key=lambda token: token.name)

    def revoke(self, name: str, now: datetime) -> bool:
        self._check_open()
        with self._writer:
            token = self._tokens.get(name)
            if token is None or token.revoked_at is not None:
                return False
            self._tokens[name] = evolve(token, revoked_at=now)
            return True

    def record_use(self, key: str, at: datetime) -> None:
        with self._writer:
            token = self.find(key)
            if token is not None and (token.last_used_at is None or token.last_used_at < at):
                self._tokens[token.name] = evolve(token, last_used_at=at)
