"""New boards: their list, and their adoption."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import falcon
from attrs import frozen

from iotconfig.adapters.codec import BodyReader, answer
from iotconfig.adapters.http.access.change_notes import note_of
from iotconfig.adapters.http.answers import send, send_created, send_made
from iotconfig.adapters.http.requests.bodies import read_json
from iotconfig.adapters.http.requests.queries import ChangeQuery, NoQuery, read_query
from iotconfig.domain.configs.adoption_use_cases import AdoptionUseCases
from iotconfig.domain.devices.new_boards import NewBoard, NewBoardReader
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.errors import ValidationFailed
from iotconfig.domain.mac import MacAddress


@answer
@frozen
class NewDevices:
    """All new boards."""

    new_devices: Annotated[Sequence[NewBoard], "Those that asked last come first"]


@frozen
class Adoption:
    """The body of `POST /api/new-devices/{mac}/adopt`: `content`, or `like`, or neither."""

    content: Annotated[
        ConfigContent | None,
        "The content of the new config; without it and `like`, layers alone serve the device",
    ] = None
    like: Annotated[MacAddress | None, "The device whose content and tags are copied; its note is not"] = None
    message: str | None = None


@frozen
class NewDevicesResource:
    """`/api/new-devices`: the boards that ask for a document and never had one."""

    boards: NewBoardReader

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        read_query(req, NoQuery)
        send(resp, NewDevices(self.boards.all()))


@frozen
class AdoptResource:
    """`/api/new-devices/{mac}/adopt`: the first config of a board."""

    adoption: AdoptionUseCases
    bodies: BodyReader

    def on_post(self, req: falcon.Request, resp: falcon.Response, mac: str) -> None:
        mac_address = MacAddress.parse(mac)
        resp.context.mac_address = mac_address.canonical
        query = read_query(req, ChangeQuery)
        body = self.bodies.read(read_json(req, self.bodies.max_body_bytes), Adoption)
        note = note_of(req, query.message, body.message)
        if body.content is not None and body.like is not None:
            raise ValidationFailed(
                "Give either the content of the new config, or the device that it is like: content or like."
            )
        if body.content is not None:
            send_created(resp, self.adoption.adopt(mac_address, body.content, note))
        elif body.like is not None:
            send_created(resp, self.adoption.adopt_like(mac_address, body.like, note))
        else:
            send_made(resp, self.adoption.add(mac_address, note=note))
