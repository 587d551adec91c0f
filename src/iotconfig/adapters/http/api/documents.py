"""The route that devices fetch their documents from."""

from __future__ import annotations

import falcon
from attrs import frozen

from iotconfig.adapters.http.requests.conditional import check_for_device
from iotconfig.domain.access.principal import Role
from iotconfig.domain.configs.config_use_cases import DocumentUseCases
from iotconfig.domain.errors import AuthorizationFailed, RecordNotFound
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
        if document.has_secrets:
            _check_reader(req)
        is_known = check_for_device(req, document.etag)
        resp.set_header("Cache-Control", "private, no-cache" if document.has_secrets else "no-cache")
        resp.set_header("ETag", document.etag)
        if is_known:
            resp.status = falcon.HTTP_304
        else:
            resp.content_type = falcon.MEDIA_JSON
            resp.data = document.body
        self.fetches.record(req, resp, mac_address, document, is_sent=not is_known)


def _check_reader(req: falcon.Request) -> None:
    """Refuse an operator who may only read a document with values of secrets. A device has no principal."""
    principal = req.context.principal
    if principal is not None and Role.ADMIN not in principal.roles:
        raise AuthorizationFailed(
            f"{principal.subject} is not allowed to do this: the document has values of secrets. "
            "The content of the config has their names."
        )
