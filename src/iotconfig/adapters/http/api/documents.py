"""The route that devices fetch their documents from."""

from __future__ import annotations

import falcon
from attrs import frozen

from iotconfig.adapters.http.requests.conditional import check_for_device
from iotconfig.domain.configs.config_use_cases import DocumentUseCases
from iotconfig.domain.errors import RecordNotFound
from iotconfig.domain.mac import MacAddress

from .fetches import Fetches


@frozen
class DocumentResource:
    """`/api/configs/{mac}.json`: a device's document, byte for byte. Query parameters other than `peek` are ignored."""

    service: DocumentUseCases
    fetches: Fetches

    def on_get(self, req: falcon.Request, resp: falcon.Response, mac: str) -> None:
        mac_address = MacAddress.parse(mac)
        resp.context.mac_address = mac_address.canonical
        try:
            document = self.service.document(mac_address)
        except RecordNotFound:
            self.fetches.record_absence(req, mac_address)
            raise
        is_known = check_for_device(req, document.etag)
        resp.set_header("Cache-Control", "no-cache")
        resp.set_header("ETag", document.etag)
        if is_known:
            resp.status = falcon.HTTP_304
        else:
            resp.content_type = falcon.MEDIA_JSON
            resp.data = document.body
        self.fetches.record(req, resp, mac_address, document, is_sent=not is_known)
