"""API tokens: for programs, and for homes without an identity provider."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final, Protocol

from attrs import field, frozen

from iotconfig.domain.arguments import check_kind, check_moment
from iotconfig.domain.clock import Clock
from iotconfig.domain.errors import (
    AuthenticationRequired,
    IotConfigError,
    RecordNotFound,
    ValidationFailed,
)

from . import secrets
from .principal import LOCAL_ADMINISTRATOR, Principal, Role
from .token_uses import RecordUse, TokenUses

PREFIX: Final = "iotc"
"""The prefix of every API token, by which people and secret scanners recognise one."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")


def _check_name(_token: object, _attribute: object, name: str) -> None:
    check_kind(name, str, "The name of a token is a str")
    if _NAME.fullmatch(name) is None:
        raise ValidationFailed(
            "The name of a token must have from 1 to 64 letters, digits, dots, underscores, at signs "
            "or dashes, and begin with a letter or a digit."
        )
    if name.lower() == LOCAL_ADMINISTRATOR.subject:
        raise ValidationFailed(
            f'"{name}" is reserved for changes made without authentication: choose another name.'
        )


@frozen
class ApiToken:
    """An API token as stored, without its secret. Times are aware and in UTC."""

    name: str = field(validator=_check_name)
    """Never reused: it is the author of the revisions made with the token."""
    role: Role
    key: str
    """The part of the token by which it is found; not secret."""
    digest: str = field(repr=False)
    """SHA-256 of the whole token, in lower-case hexadecimal digits."""
    created_at: datetime
    expires_at: datetime | None = None
    """The time of its expiry; None for never."""
    last_used_at: datetime | None = None
    """Accurate to a minute."""
    revoked_at: datetime | None = None

    @property
    def principal(self) -> Principal:
        """The caller that the token identifies."""
        return Principal(self.name, frozenset({self.role}), name=self.name)

    def state(self, now: datetime) -> str:
        """`active`, `expired` or `revoked`."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "active"


class ApiTokenStore(Protocol):
    """Stores API tokens. All methods may raise `StoreUnavailable`, those that write `StoreFull`."""

    def add(self, token: ApiToken) -> None:
        """Store a new token. Raises `NameTaken` where a token has or had its name, revoked ones included."""
        ...

    def find(self, key: str) -> ApiToken | None:
        """Return the token with this key, or None."""
        ...

    def all(self) -> Sequence[ApiToken]:
        """Return all tokens, including revoked ones, sorted by name."""
        ...

    def revoke(self, name: str, now: datetime) -> bool:
        """Revoke a token. Returns False where no token has this name, or it was revoked before."""
        ...

    def record_use(self, key: str, at: datetime) -> None:
        """Store the time of a token's last use. An earlier time than the stored one changes nothing."""
        ...


@frozen
class ApiTokenService:
    """Creates, revokes and verifies API tokens. All methods may raise `StoreUnavailable`."""

    store: ApiTokenStore
    clock: Clock
    record_use: RecordUse | None = None
    """By default, uses are stored by the thread that uses the token."""
    _uses: TokenUses = field(init=False, repr=False)

    @_uses.default
    def _make_uses(self) -> TokenUses:
        return TokenUses(self.record_use or self._record_now)

    def _record_now(self, key: str, at: datetime) -> None:
        with suppress(IotConfigError):
            self.store.record_use(key, at)

    def create(self, name: str, role: Role, expires_at: datetime | None = None) -> tuple[ApiToken, str]:
        """Create a token. Returns it with its text, which cannot be recovered later.

        Raises `ValidationFailed` for an invalid name or a time that has passed, and
        `NameTaken` for a name that a token has or had.
        """
        check_kind(role, Role, "The role of a token is a Role, such as Role.VIEWER")
        if expires_at is not None:
            check_moment(expires_at, "The time when a token expires is a datetime")
        now = self.clock()
        if expires_at is not None and expires_at <= now:
            raise ValidationFailed("The token would have expired already: give a time in the future.")
        key = secrets.new_key()
        text = secrets.new_token(PREFIX, key)
        token = ApiToken(name, role, key, secrets.digest_of(text), now, expires_at)
        self.store.add(token)
        return token, text

    def all(self) -> Sequence[ApiToken]:
        """Return all tokens, including revoked ones, sorted by name."""
        return self.store.all()

    def revoke(self, name: str) -> None:
        """Revoke a token, effective from the next request. Raises `RecordNotFound`."""
        if not self.store.revoke(name, self.clock()):
            raise RecordNotFound(name, "'iotconfig token list' shows which there are", what="Active token")

    def authenticate(self, text: str) -> Principal:
        """Return the principal of a token. Raises `AuthenticationRequired` where it is not valid."""
        return self.verify(text).principal

    def verify(self, text: str) -> ApiToken:
        """Return the valid token with this text. Raises `AuthenticationRequired` where there is none."""
        key = secrets.key_of(PREFIX, text)
        token = None if key is None else self.store.find(key)
        if token is None or not secrets.is_digest_of(token.digest, text):
            raise _not_valid()
        self._use(token)
        return token

    def principal_of_key(self, key: str) -> Principal:
        """Return the principal of the token with this key, for a caller whose text `verify` accepted before.

        Raises `AuthenticationRequired` where the token has expired or was revoked meanwhile.
        """
        token = self.store.find(key)
        if token is None:
            raise _not_valid()
        self._use(token)
        return token.principal

    def _use(self, token: ApiToken) -> None:
        now = self.clock()
        if token.state(now) != "active":
            raise _not_valid()
        self._uses.record(token.key, token.last_used_at, now)


def _not_valid() -> AuthenticationRequired:
    # One message for all reasons: an attacker who guesses learns nothing.
    return AuthenticationRequired("The API token is unknown, or expired, or was revoked.")
