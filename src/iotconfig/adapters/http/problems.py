"""Refusals as `application/problem+json` (RFC 9457), with extension members."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any, Final

import falcon
from attrs import field, frozen

from iotconfig.adapters.codec import answer, to_json
from iotconfig.domain.errors import AuthenticationRequired, IotConfigError, StoreUnavailable, TooManyRequests
from iotconfig.domain.text import harmless_json

from .members import As
from .methods import SAFE_METHODS
from .problem_codes import STATUS
from .request_ids import request_id_of

log = logging.getLogger(__name__)

MEDIA_TYPE: Final = "application/problem+json"

RETRY_AFTER: Final = "2"
"""`Retry-After` of 503, in seconds."""

# Codes for errors of Falcon and the server, by status.
_CODE: Final = {status: code for code, status in reversed(STATUS.items())} | {
    400: "VALIDATION_FAILED",
    404: "ROUTE_NOT_FOUND",
}


class Refused(IotConfigError):
    """A refusal of HTTP itself: `code` is one of `problem_codes.CODES`."""

    def __init__(self, code: str, message: str, **details: object) -> None:
        super().__init__(message, **details)
        self.code = code


@answer
@frozen
class Problem:
    """The body of a refusal."""

    type: str
    title: str
    status: int
    detail: str
    error: Annotated[str, "One sentence: the place, the rule and how to proceed"]
    code: Annotated[str, As("Code")]
    details: Annotated[Mapping[str, object], "The facts of `error`, for programs"]
    correlation_id: Annotated[str, "The `X-Request-ID` of the answer; the log of the service contains it"] = (
        field(alias="correlationId")
    )


def problem(
    code: str, sentence: str, details: Mapping[str, object], correlation_id: str, status: int | None = None
) -> tuple[int, bytes]:
    """The status and the body of a refusal."""
    status = status or STATUS[code]
    body = Problem(
        type="about:blank",
        title=_phrase(status),
        status=status,
        detail=sentence,
        error=sentence,
        code=code,
        details=details,
        correlationId=correlation_id,
    )
    return status, harmless_json(to_json(body)).encode()


def _phrase(status: int) -> str:
    return str(falcon.code_to_http_status(status)).partition(" ")[2]


def install(app: falcon.App[Any, Any]) -> None:
    """Make `app` answer every error as a problem."""
    app.add_error_handler(Exception, _on_bug)
    app.add_error_handler(falcon.HTTPError, _on_http_error)
    app.add_error_handler(IotConfigError, _on_domain_error)


def _answer(
    req: falcon.Request,
    resp: falcon.Response,
    code: str,
    sentence: str,
    details: dict[str, object],
    **more: Any,
) -> None:
    status, body = problem(code, sentence, details, request_id_of(req, resp), **more)
    resp.context.code = code
    resp.status = status
    resp.content_type = MEDIA_TYPE
    resp.data = body
    resp.set_header("Cache-Control", "no-store")
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        resp.set_header("Retry-After", RETRY_AFTER)


def _on_domain_error(
    req: falcon.Request, resp: falcon.Response, error: IotConfigError, _params: dict[str, Any]
) -> None:
    sentence = str(error)
    if isinstance(error, StoreUnavailable) and error.if_unsure and req.method not in SAFE_METHODS:
        sentence = f"{sentence} {error.if_unsure}"
    _answer(req, resp, error.code, sentence, error.details)
    if isinstance(error, TooManyRequests):
        resp.set_header("Retry-After", str(error.retry_after))
    if isinstance(error, AuthenticationRequired):
        # RFC 6750, section 3.1: `error` only if the request had credentials.
        error_code = ', error="invalid_token"' if req.auth else ""
        resp.set_header("WWW-Authenticate", f'Bearer realm="iotconfig"{error_code}')


def _on_http_error(
    req: falcon.Request, resp: falcon.Response, error: falcon.HTTPError, _params: dict[str, Any]
) -> None:
    status = falcon.http_status_to_code(error.status)
    for name, value in dict(error.headers or {}).items():
        resp.set_header(name, value)
    if status == HTTPStatus.NOT_FOUND:
        sentence = "The route does not exist."
    elif status == HTTPStatus.METHOD_NOT_ALLOWED:
        sentence = f"{req.method} is not allowed here: use {resp.get_header('Allow')}."
    elif status == HTTPStatus.BAD_REQUEST and not error.description:
        # Falcon uses `WEBSOCKET` internally and refuses it as a method without a description.
        sentence = "Invalid HTTP method"
    else:
        sentence = error.description or error.title or _phrase(status)
    fallback = "VALIDATION_FAILED" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "INTERNAL_ERROR"
    _answer(req, resp, _CODE.get(status, fallback), sentence, {}, status=status)


def _on_bug(req: falcon.Request, resp: falcon.Response, error: Exception, _params: dict[str, Any]) -> None:
    """Answer to an error that nothing expects: the log gets its traceback, the client an id to quote."""
    fields = {"request_id": request_id_of(req, resp), "method": req.method, "route": req.uri_template}
    log.error("a request failed", exc_info=error, extra={"fields": fields})
    _answer(
        req,
        resp,
        "INTERNAL_ERROR",
        "An internal error occurred: the log of the service has details under this correlationId.",
        {},
    )
