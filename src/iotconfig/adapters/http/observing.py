"""The end of every request: the headers of all answers, and the observers of answers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from time import perf_counter
from typing import Any, Final

import falcon

from iotconfig.adapters.telemetry import UNMATCHED, Answered, Observer
from iotconfig.domain.errors import InvalidMacAddress
from iotconfig.domain.mac import MacAddress

from .request_ids import request_id_of

_METHODS: Final = frozenset(falcon.HTTP_METHODS)


class Observation:
    """The outermost middleware: it sets the headers of each answer, and reports it to the observers."""

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
        request_id = request_id_of(req, resp)
        resp.set_header("X-Request-ID", request_id)
        resp.set_header("X-Content-Type-Options", "nosniff")
        method, route = req.method, req.uri_template or UNMATCHED
        principal = getattr(req.context, "principal", None)
        # Falcon refuses some requests before `process_request` of any middleware.
        began = getattr(req.context, "began", None) or perf_counter()
        answer = Answered(
            method if method in _METHODS else "OTHER",
            route,
            resp.status_code,
            perf_counter() - began,
            request_id,
            getattr(resp.context, "code", None),
            self._operations.get((route, "GET" if method == "HEAD" else method)),
            getattr(resp.context, "mac_address", None) or _mac_address_in_path(req),
            principal and principal.subject,
            route in self._polled,
            getattr(resp.context, "report", None),
        )
        for observe in self._observe:
            observe(answer)


def _mac_address_in_path(req: falcon.Request) -> str | None:
    """The MAC address in the path of the device route, in its canonical spelling; None if there is none."""
    spelling = getattr(req.context, "fields", {}).get("mac")
    if spelling is None:
        return None
    try:
        return MacAddress.parse(spelling).canonical
    except InvalidMacAddress:
        return None
