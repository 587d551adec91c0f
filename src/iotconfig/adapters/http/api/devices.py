"""The routes of devices' states, and of their reports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import falcon
from attrs import frozen

from iotconfig.adapters.codec import BodyReader, DeviceReport
from iotconfig.adapters.codec.device_answers import Device, DevicePast, Devices
from iotconfig.adapters.http.access.change_notes import note_of
from iotconfig.adapters.http.access.device_requests import is_of_device, proof_of
from iotconfig.adapters.http.access.sources import address_of
from iotconfig.adapters.http.answers import send, send_made
from iotconfig.adapters.http.requests.bodies import read_json
from iotconfig.adapters.http.requests.conditional import write_precondition
from iotconfig.adapters.http.requests.queries import (
    FLAG,
    MAC_CURSOR,
    REVISION_CURSOR,
    TAGS,
    ChangeQuery,
    NoQuery,
    choice,
    page_cursor,
    page_limit,
    parameter,
    read_query,
    text,
)
from iotconfig.adapters.networks import Network
from iotconfig.adapters.telemetry import outcome_of_report
from iotconfig.domain.configs.adoption_use_cases import AdoptionUseCases
from iotconfig.domain.configs.config_use_cases import ConfigUseCases, DocumentUseCases
from iotconfig.domain.configs.labels import ANY_TAGS, Labels, TagFilter
from iotconfig.domain.devices.past import KEPT, PastQuery
from iotconfig.domain.devices.reports import MAX_REPORT
from iotconfig.domain.devices.state import State
from iotconfig.domain.devices.status import LISTED, DeviceQuery
from iotconfig.domain.devices.use_cases import DeviceUseCases
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.errors import AuthorizationFailed, IotConfigError, RecordNotFound, ValidationFailed
from iotconfig.domain.mac import MacAddress

from .configs import CHANGE


@frozen
class DevicesQuery:
    """The query string of `GET /api/devices`."""

    state: State | None = parameter(choice(State), "Only devices in this state")
    overdue: bool | None = parameter(FLAG, "Only devices that are overdue; `false`: only those that are not")
    tag: TagFilter | None = parameter(
        TAGS,
        "Only devices with this tag; `!x`: only those without the tag `x`. Given several times, all must hold",
    )
    model: str | None = parameter(text(), "Only devices of this model")
    firmware: str | None = parameter(text(), "Only devices that named this firmware last; exactly")
    q: str | None = parameter(
        text(),
        "Substring of the device name, the entity id or the MAC address (any spelling); literal, case-insensitive",
    )
    count: bool = parameter(FLAG, "`false`: leave out `counts`", default=True)
    former: bool = parameter(
        FLAG,
        "`true`: only the devices that have no document any more, in `former`; takes no filter",
        default=False,
    )
    limit: int = page_limit(LISTED)
    cursor: MacAddress | None = page_cursor(MAC_CURSOR)


@frozen
class AddedDevice:
    """The body of `POST /api/devices`."""

    mac_address: MacAddress
    tags: Annotated[Sequence[str], "At most 32"] = ()
    model: Annotated[str | None, "The name of its model"] = None
    note: str | None = None
    content: Annotated[ConfigContent | None, "Null: layers alone serve the device"] = None
    message: str | None = None


@frozen
class DevicesResource:
    """`/api/devices`: the devices, with their states; and new ones."""

    service: DeviceUseCases
    adoption: AdoptionUseCases
    bodies: BodyReader

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        query = read_query(req, ChangeQuery)
        body = self.bodies.read(read_json(req, self.bodies.max_body_bytes), AddedDevice)
        labels = Labels(body.tags, body.note or None, body.model)
        note = note_of(req, query.message, body.message)
        send_made(resp, self.adoption.add(body.mac_address, labels, body.content, note))

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        query = read_query(req, DevicesQuery)
        if query.former:
            if (query.state, query.overdue, query.tag, query.model, query.firmware, query.q) != (None,) * 6:
                raise ValidationFailed("former=true takes no filter.", parameter="former")
            former = self.service.former(query.cursor, query.limit)
            send(resp, Devices.of_former(former, self.service.clock()))
            return
        page = self.service.find(
            DeviceQuery(
                query.state,
                query.overdue,
                query.tag or ANY_TAGS,
                query.firmware,
                query.q,
                query.cursor,
                query.limit,
                query.count,
                query.model,
            )
        )
        send(resp, Devices.of(page))


@frozen
class DeviceResource:
    """`/api/devices/{mac}`: a device with its state and the newest evidence of each kind; and its end."""

    service: DeviceUseCases
    documents: DocumentUseCases
    configs: ConfigUseCases

    def on_get(self, req: falcon.Request, resp: falcon.Response, mac: str) -> None:
        mac_address = MacAddress.parse(mac)
        resp.context.mac_address = mac_address.canonical
        read_query(req, NoQuery)
        device = self.service.get(mac_address)
        if device is None:
            # It says why there is none: the board may have been replaced.
            self.documents.document(mac_address)
            raise RecordNotFound(mac_address, what="Device")
        send(resp, Device.with_evidence(device))

    def on_delete(self, req: falcon.Request, resp: falcon.Response, mac: str) -> None:
        query = read_query(req, ChangeQuery)
        mac_address = MacAddress.parse(mac)
        resp.context.mac_address = mac_address.canonical
        precondition = write_precondition(req)
        note = note_of(req, query.message)
        resp.set_header(CHANGE, self.configs.delete_device(mac_address, precondition, note))
        resp.status = falcon.HTTP_204


@frozen
class DevicePastQuery:
    """The query string of `GET /api/devices/{mac}/evidence`."""

    limit: int = page_limit(KEPT)
    cursor: int | None = page_cursor(REVISION_CURSOR)


@frozen
class DevicePastResource:
    """`/api/devices/{mac}/evidence`: how the state of a device changed, and by what."""

    service: DeviceUseCases
    documents: DocumentUseCases

    def on_get(self, req: falcon.Request, resp: falcon.Response, mac: str) -> None:
        mac_address = MacAddress.parse(mac)
        resp.context.mac_address = mac_address.canonical
        query = read_query(req, DevicePastQuery)
        page = self.service.past(PastQuery(mac_address, query.cursor, query.limit))
        if not page.changes and query.cursor is None:
            # What never was a device, or is none any more and has no past.
            self.documents.document(mac_address)
        send(resp, DevicePast.of(page))


@frozen
class ReportResource:
    """`/api/devices/{mac}/report`: a device's report of a document."""

    service: DeviceUseCases
    documents: DocumentUseCases
    bodies: BodyReader
    proxies: Sequence[Network]

    def on_post(self, req: falcon.Request, resp: falcon.Response, mac: str) -> None:
        mac_address = MacAddress.parse(mac)
        resp.context.mac_address = mac_address.canonical
        if not is_of_device(req):
            raise AuthorizationFailed(
                "Only devices report: send a report without credentials of an operator, and not from a browser."
            )
        try:
            report = self.bodies.read(read_json(req, MAX_REPORT), DeviceReport).report()
            wanted = self.documents.document(mac_address)
            source = address_of(req, self.proxies)
            is_kept = self.service.report(mac_address, wanted, report, source, proof_of(req))
        except IotConfigError as error:
            resp.context.report = error.code
            raise
        resp.context.report = outcome_of_report(is_kept=is_kept)
        resp.status = falcon.HTTP_204
