"""Tokens of programs and devices, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import quote

from attrs import frozen

from iotconfig.adapters.codec import rfc3339
from iotconfig.adapters.codec.cursors import cursor_of
from iotconfig.domain.access.principal import Role
from iotconfig.domain.errors import NameTaken, RecordExists
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.paging import MAX_PAGE

from .answers import RemoteUseCases
from .bodies import body_of
from .connection import Request

_TOKENS: Final = "/api/tokens"
_DEVICE_TOKENS: Final = "/api/device-tokens"


@frozen
class RemoteApiToken:
    """An API token as a service describes it; the service says its state."""

    name: str
    role: Role
    state_: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None

    def state(self, now: datetime) -> str:
        """`active`, `expired` or `revoked`, by the clock of the service."""
        return self.state_


@frozen
class _Tokens:
    tokens: Sequence[RemoteApiToken]


@frozen
class RemoteDeviceToken:
    """A device token as a service describes it."""

    mac_address: MacAddress
    created_at: datetime


@frozen
class _DeviceTokens:
    devices: Sequence[RemoteDeviceToken]
    next: str | None


@frozen
class _Text:
    token: str


@frozen
class RemoteApiTokens(RemoteUseCases):
    """`ApiTokenUseCases` of a service."""

    def create(self, name: str, role: Role, expires_at: datetime | None = None) -> tuple[RemoteApiToken, str]:
        expires = None if expires_at is None else rfc3339(expires_at)
        body = body_of(name=name, role=role.value, expires_at=expires)
        request = Request("POST", _TOKENS, body=body)
        answer = self.service.ask(request).body
        with self.reading(request):
            return self.read(answer, RemoteApiToken), self.read(answer, _Text).token

    def all(self) -> Sequence[RemoteApiToken]:
        return self.entity(Request("GET", _TOKENS), _Tokens).tokens

    def revoke(self, name: str) -> None:
        self.service.ask(Request("DELETE", f"{_TOKENS}/{quote(name, safe='')}"))


@frozen
class RemoteDeviceTokens(RemoteUseCases):
    """`DeviceTokenUseCases` of a service."""

    def create(self, mac_address: MacAddress, *, replace: bool = False) -> str | None:
        request = Request("POST", _DEVICE_TOKENS, body=body_of(mac_address=mac_address, replace=replace))
        try:
            return self.entity(request, _Text).token
        except (RecordExists, NameTaken):
            return None

    def page(self, after: MacAddress | None, limit: int) -> Sequence[RemoteDeviceToken]:
        return self._page(cursor_of(after), limit).devices

    def all(self) -> Iterator[RemoteDeviceToken]:
        page = self._page(None, MAX_PAGE)
        yield from page.devices
        while page.next is not None:
            page = self._page(page.next, MAX_PAGE)
            yield from page.devices

    def revoke(self, mac_address: MacAddress) -> None:
        self.service.ask(Request("DELETE", f"{_DEVICE_TOKENS}/{mac_address}"))

    def _page(self, cursor: str | None, limit: int) -> _DeviceTokens:
        return self.entity(Request("GET", _DEVICE_TOKENS, {"limit": limit, "cursor": cursor}), _DeviceTokens)
