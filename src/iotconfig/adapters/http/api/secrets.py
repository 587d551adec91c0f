"""The routes of secrets. No answer has a value."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import falcon
from attrs import field, frozen

from iotconfig.adapters.codec import BodyReader, answer
from iotconfig.adapters.http.access.change_notes import note_of
from iotconfig.adapters.http.answers import send
from iotconfig.adapters.http.requests.bodies import read_json
from iotconfig.adapters.http.requests.queries import ChangeQuery, NoQuery, read_query
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.secrets.secret import MAX_VALUE_BYTES
from iotconfig.domain.secrets.use_cases import ListedSecret, SecretUseCases

from .configs import CHANGE


@answer
@frozen
class UseAnswer:
    """Who refers to a secret."""

    devices: Annotated[int, "The number of devices whose own content refers to it"]
    sample: Annotated[Sequence[MacAddress], "The first of them, by MAC address; at most 20"]
    layers: Annotated[Sequence[str], "The names of the layers that refer to it"]


@answer
@frozen
class SecretAnswer:
    """A secret without its value."""

    name: str
    revision: Annotated[int, "1 for the first value, one more for each other one"]
    created_at: datetime
    updated_at: Annotated[datetime, "The time of the present value"]
    used_by: UseAnswer

    @classmethod
    def of(cls, secret: ListedSecret) -> SecretAnswer:
        """The answer about this secret."""
        use = secret.used_by
        return cls(
            secret.name,
            secret.revision,
            secret.created_at,
            secret.updated_at,
            UseAnswer(use.devices, use.sample, use.layers),
        )


@answer
@frozen
class Secrets:
    """All secrets of `GET /api/secrets`."""

    secrets: Sequence[SecretAnswer]


@answer
@frozen
class WrittenSecret:
    """The answer to `PUT /api/secrets/{name}`."""

    name: str
    revision: Annotated[int, "The revision of the secret"]
    change: Annotated[str | None, "The id of the change; null where the secret had this value already"]
    served: Annotated[
        int | None,
        "The number of devices that are served another document; null where a job goes through the devices",
    ]


@frozen
class NewValue:
    """The body of `PUT /api/secrets/{name}`."""

    value: Annotated[str, f"The value: text of 1 to {MAX_VALUE_BYTES:,} bytes of UTF-8"] = field(repr=False)
    message: str | None = None


@frozen
class SecretsResource:
    """`/api/secrets`: all secrets."""

    secrets: SecretUseCases

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        read_query(req, NoQuery)
        send(resp, Secrets([SecretAnswer.of(secret) for secret in self.secrets.all()]))


@frozen
class SecretResource:
    """`/api/secrets/{name}`: one secret."""

    secrets: SecretUseCases
    bodies: BodyReader

    def on_put(self, req: falcon.Request, resp: falcon.Response, name: str) -> None:
        query = read_query(req, ChangeQuery)
        body = self.bodies.read(read_json(req, self.bodies.max_body_bytes), NewValue)
        written = self.secrets.set(name, body.value, note_of(req, query.message, body.message))
        send(resp, WrittenSecret(written.name, written.revision, written.change, written.served))
        if written.change is not None:
            resp.set_header(CHANGE, written.change)
            resp.status = falcon.HTTP_201 if written.revision == 1 else falcon.HTTP_200

    def on_delete(self, req: falcon.Request, resp: falcon.Response, name: str) -> None:
        query = read_query(req, ChangeQuery)
        resp.set_header(CHANGE, self.secrets.remove(name, note_of(req, query.message)))
        resp.status = falcon.HTTP_204
