"""Reports every answer to observers: the access log and metrics."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from time import perf_counter
from typing import Any, Final

import falcon

from iotconfig.adapters.telemetry import UNMATCHED, Answered, Observer
from iotconfig.domain.errors import InvalidMacAddress
from iotconfig.domain.mac import MacAddress

from .request_ids import request_id_of

_METHODS: Final = frozenset(falcon.HTTP_METHODS)
_DOCUMENT: Final = "/{mac}.json"
"""The end of the device route's template."""
_CANONICAL: Final = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}")


class Observation:
    """The outermost middleware: it sees each answer as it goes out."""

    def __init__(
        self,
        observers: Sequence[Observer],
        operations: Mapping[tuple[str, str], str],
        polled: Collection[str],
    ) -> None:
        self._observe = [observer.answered for observer in observers]
        self._operations = operations
        self._polled = polled

    def process_request(self, req: falcon.Request, _resp: falcon.Response) -> None:
        req.context.began = perf_counter()

    def process_response(self, req: falcon.Request, resp: falcon.Response, *_rest: Any) -> None:
        answer = self._answered(req, resp)
        for observe in self._observe:
            observe(answer)

    def _answered(self, req: falcon.Request, resp: falcon.Response) -> Answered:
        method = req.method
        route = req.uri_template or UNMATCHED
        mac_address = getattr(resp.context, "mac_address", None)
        if mac_address is None and route.endswith(_DOCUMENT):
            mac_address = _mac_of(req.path.rpartition("/")[2].removesuffix(".json"))
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
            self._operations.get((route, "GET" if method == "HEAD" else method)),
            mac_address,
            principal and principal.subject,
            route in self._polled,
        )


def _mac_of(segment: str) -> str | None:
    """The canonical spelling of a MAC address; None if the text is not one. Most devices use that spelling."""
    if _CANONICAL.fullmatch(segment):
        return segment
    try:
        return str(MacAddress.parse(segment))
    except InvalidMacAddress:
        return None
