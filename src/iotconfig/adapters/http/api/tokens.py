"""The routes of tokens. The text of a token is in one answer, and cannot be read again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import falcon
from attrs import asdict, frozen

from iotconfig.adapters.codec import BodyReader, answer
from iotconfig.adapters.codec.cursors import cursor_of
from iotconfig.adapters.http.answers import send
from iotconfig.adapters.http.members import NEXT
from iotconfig.adapters.http.problems import Refused
from iotconfig.adapters.http.requests.bodies import read_json
from iotconfig.adapters.http.requests.queries import (
    MAC_CURSOR,
    NoQuery,
    page_cursor,
    page_limit,
    read_query,
)
from iotconfig.domain.access.principal import Role
from iotconfig.domain.access.use_cases import ApiTokenSummary, ApiTokenUseCases
from iotconfig.domain.devices.use_cases import DeviceTokenUseCases
from iotconfig.domain.errors import ValidationFailed
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.paging import MAX_PAGE


@answer
@frozen
class ListedToken:
    """An API token without its text, which is not stored."""

    name: Annotated[str, "The author of the changes that are made with the token"]
    role: Role
    state: Annotated[str, "`active`, `expired` or `revoked`"]
    created_at: datetime
    expires_at: Annotated[datetime | None, "Null for never"]
    last_used_at: Annotated[datetime | None, "Accurate to a minute"]
    revoked_at: datetime | None

    @staticmethod
    def of(token: ApiTokenSummary, now: datetime) -> ListedToken:
        """The answer about this token."""
        return ListedToken(
            name=token.name,
            role=token.role,
            state=token.state(now),
            created_at=token.created_at,
            expires_at=token.expires_at,
            last_used_at=token.last_used_at,
            revoked_at=token.revoked_at,
        )


@answer
@frozen
class Tokens:
    """All API tokens, revoked ones included."""

    tokens: Sequence[ListedToken]


@answer
@frozen
class CreatedToken(ListedToken):
    """A new API token."""

    token: Annotated[str, "The token; it cannot be read again"]


@frozen
class NewToken:
    """The body of `POST /api/tokens`."""

    name: Annotated[str, "1 to 64 letters, digits and `._@-`, which no token had before"]
    role: Role
    expires_at: datetime | None = None


@frozen
class DeviceTokensQuery:
    """The query string of `GET /api/device-tokens`."""

    limit: int = page_limit(MAX_PAGE)
    cursor: MacAddress | None = page_cursor(MAC_CURSOR)


@answer
@frozen
class ListedDeviceToken:
    """A device that has a token."""

    mac_address: MacAddress
    created_at: datetime


@answer
@frozen
class DeviceTokens:
    """A page of `GET /api/device-tokens`."""

    devices: Sequence[ListedDeviceToken]
    next: Annotated[str | None, NEXT]


@answer
@frozen
class CreatedDeviceToken:
    """A new token of a device."""

    mac_address: MacAddress
    token: Annotated[str, "The token; it cannot be read again"]


@frozen
class NewDeviceToken:
    """The body of `POST /api/device-tokens`."""

    mac_address: MacAddress
    replace: Annotated[bool, "Replace the token that the device has"] = False


@frozen
class TokensResource:
    """`/api/tokens`: API tokens."""

    service: ApiTokenUseCases
    bodies: BodyReader

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        read_query(req, NoQuery)
        now = datetime.now(UTC)
        send(resp, Tokens([ListedToken.of(token, now) for token in self.service.all()]))

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        read_query(req, NoQuery)
        body = self.bodies.read(read_json(req, self.bodies.max_body_bytes), NewToken)
        token, text = self.service.create(body.name, body.role, body.expires_at)
        _send_secret(resp, CreatedToken(**asdict(ListedToken.of(token, token.created_at)), token=text))


@frozen
class TokenResource:
    """`/api/tokens/{name}`: one API token."""

    service: ApiTokenUseCases

    def on_delete(self, req: falcon.Request, resp: falcon.Response, name: str) -> None:
        read_query(req, NoQuery)
        self.service.revoke(name)
        resp.status = falcon.HTTP_204


@frozen
class DeviceTokensResource:
    """`/api/device-tokens`: tokens of devices."""

    service: DeviceTokenUseCases
    bodies: BodyReader

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        query = read_query(req, DeviceTokensQuery)
        if not 1 <= query.limit <= MAX_PAGE:
            raise ValidationFailed(
                f"The limit must be a whole number from 1 to {MAX_PAGE}.", parameter="limit"
            )
        found = [
            ListedDeviceToken(token.mac_address, token.created_at)
            for token in self.service.page(query.cursor, query.limit)
        ]
        after = found[-1].mac_address if len(found) == query.limit else None
        send(resp, DeviceTokens(found, cursor_of(after)))

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        read_query(req, NoQuery)
        body = self.bodies.read(read_json(req, self.bodies.max_body_bytes), NewDeviceToken)
        text = self.service.create(body.mac_address, replace=body.replace)
        if text is None:
            raise Refused(
                "RECORD_EXISTS",
                f"{body.mac_address} has a token already: replace it, or keep it.",
                mac_address=str(body.mac_address),
            )
        _send_secret(resp, CreatedDeviceToken(body.mac_address, text))


@frozen
class DeviceTokenResource:
    """`/api/device-tokens/{mac}`: the token of one device."""

    service: DeviceTokenUseCases

    def on_delete(self, req: falcon.Request, resp: falcon.Response, mac: str) -> None:
        read_query(req, NoQuery)
        self.service.revoke(MacAddress.parse(mac))
        resp.status = falcon.HTTP_204


def _send_secret(resp: falcon.Response, created: object) -> None:
    send(resp, created)
    resp.status = falcon.HTTP_201
    resp.set_header("Cache-Control", "no-store")
