"""The route that shows operators a device's document, and where its values come from."""

from __future__ import annotations

from datetime import datetime

import falcon
from attrs import frozen

from iotconfig.adapters.codec import to_json
from iotconfig.adapters.codec.document_answers import DeviceDocument
from iotconfig.adapters.http.answers import send_text
from iotconfig.adapters.http.requests.queries import FLAG, MOMENT, parameter, read_query
from iotconfig.domain.layering.explaining import ExplanationUseCases
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.offload import Offload


@frozen
class DocumentQuery:
    """The query string of `GET /api/devices/{mac}/document`."""

    explain: bool = parameter(FLAG, "`true`: say where each value comes from", default=False)
    at: datetime | None = parameter(MOMENT, "What the device was served at this time; by default, now")


@frozen
class DeviceDocumentResource:
    """`/api/devices/{mac}/document`: what a device is, or was, served."""

    service: ExplanationUseCases
    offload: Offload

    def on_get(self, req: falcon.Request, resp: falcon.Response, mac: str) -> None:
        mac_address = MacAddress.parse(mac)
        resp.context.mac_address = mac_address.canonical
        query = read_query(req, DocumentQuery)
        found = self.service.document(mac_address, query.at)
        size = len(found.content.text) * (len(found.layers) + 1)
        text = self.offload(lambda: to_json(DeviceDocument.of(found, explain=query.explain)), size)
        send_text(resp, text)
