"""Every answer is told to observers: for a line in the log, and for counters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from time import perf_counter
from typing import Any, Final

import falcon

from iotconfig.adapters.telemetry import UNMATCHED, Answered, Observer
from iotconfig.domain.errors import InvalidMacAddress
from iotconfig.domain.mac import MacAddress

from .access.rules import DOCUMENT
from .request_ids import request_id_of
from .requests.segments import is_document

_METHODS: Final = frozenset(falcon.HTTP_METHODS)
_CONFIG: Final = "/api/configs/{segment}"
_CONFIGS: Final = "/api/configs/"
_CANONICAL: Final = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}")

OPERATIONS: Final = {
    ("/api/configs", "GET"): "list",
    ("/api/configs", "POST"): "create",
    (_CONFIG, "GET"): "get",
    (_CONFIG, "PUT"): "update",
    (_CONFIG, "PATCH"): "patch",
    (_CONFIG, "DELETE"): "delete",
    (DOCUMENT, "GET"): "fetch",
    ("/api/configs/by-mac/{mac}", "PUT"): "put",
    ("/api/configs/import", "POST"): "import",
    ("/api/configs/export", "GET"): "export",
    ("/api/configs/patch", "POST"): "patch_many",
    ("/api/configs/{segment}/announce", "POST"): "announce",
    ("/api/configs/{segment}/diff", "GET"): "diff",
    ("/api/configs/{segment}/replace-device", "POST"): "replace_device",
    ("/api/configs/{segment}/revisions", "GET"): "list_revisions",
    ("/api/configs/{segment}/revisions/{number}", "GET"): "get_revision",
    ("/api/configs/{segment}/rollback", "POST"): "rollback",
    ("/api/deleted-configs", "GET"): "list_deleted",
    ("/api/deleted-configs/{segment}/restore", "POST"): "restore",
}
"""What dashboards call that which the routes of configs do. HEAD is as GET."""


class Observation:
    """The outermost middleware: it sees each answer as it goes out."""

    def __init__(self, observers: Sequence[Observer]) -> None:
        self._hear = [observer.answered for observer in observers]

    def process_request(self, req: falcon.Request, _resp: falcon.Response) -> None:
        req.context.began = perf_counter()

    def process_response(self, req: falcon.Request, resp: falcon.Response, *_rest: Any) -> None:
        answer = answered(req, resp)
        for hear in self._hear:
            hear(answer)


def answered(req: falcon.Request, resp: falcon.Response) -> Answered:
    """What there is to tell of an answer."""
    method = req.method
    route = req.uri_template or UNMATCHED
    mac_address = getattr(resp.context, "mac_address", None)
    if route == _CONFIG and is_document(req.path):
        route = DOCUMENT
        mac_address = mac_address or _mac_of(req.path[len(_CONFIGS) : -len(".json")])
    principal = getattr(req.context, "principal", None)
    # Falcon refuses some requests before `process_request` of any middleware.
    began = getattr(req.context, "began", None) or perf_counter()
    return Answered(
        method if method in _METHODS else "OTHER",
        route,
        resp.status_code,
        perf_counter() - began,
        request_id_of(req, resp),
        getattr(resp.context, "code", None),
        OPERATIONS.get((route, "GET" if method == "HEAD" else method)),
        mac_address,
        principal and principal.subject,
    )


def _mac_of(segment: str) -> str | None:
    """The canonical spelling of a MAC address in a path, which most devices use; None for what is none."""
    if _CANONICAL.fullmatch(segment):
        return segment
    try:
        return str(MacAddress.parse(segment))
    except InvalidMacAddress:
        return None
