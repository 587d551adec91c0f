"""The codes of problems: one row for each, from which answers, the OpenAPI description and `docs/errors.md` come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from attrs import field, frozen


@frozen
class ProblemCode:
    """A code of problems."""

    status: int
    when: str
    """The problem, in the words of the description."""
    details: str = field(default="", kw_only=True)
    """Further sentences for the reference: instances, and how to proceed."""
    headers: Sequence[str] = field(default=(), kw_only=True)
    """Headers of the answer, beside those that every answer carries."""


CODES: Final[Mapping[str, ProblemCode]] = {
    "INVALID_OPERATION": ProblemCode(400, "the MAC address is malformed"),
    "VALIDATION_FAILED": ProblemCode(
        400,
        "a parameter, header or body is not as described here",
        details="Also with 414 or 431 if the first line or the headers of the request are too long, and with 416 if a "
        "range starts beyond the end of an asset; `Content-Range` then has its size.",
    ),
    "AUTHENTICATION_REQUIRED": ProblemCode(
        401,
        "the request has no valid credentials",
        details="`WWW-Authenticate` names the scheme.",
        headers=("WWW-Authenticate",),
    ),
    "AUTHORIZATION_FAILED": ProblemCode(
        403,
        "the caller, or the page that the request comes from, is not allowed to do this",
        details="The caller lacks the role; the token belongs to another device; a page of another site requested a "
        "change or a picture (or a proxy rewrites `Host`, and `BASEURL` is not set: "
        "[behind your proxy](behind-a-proxy.md)); a service that only this machine can reach was addressed by a "
        "foreign name (`BASEURL` adds one); or the signature or timestamp of an [upload](assets.md) is invalid.",
    ),
    "RECORD_NOT_FOUND": ProblemCode(404, "the record does not exist"),
    "ROUTE_NOT_FOUND": ProblemCode(404, "the route does not exist"),
    "METHOD_NOT_ALLOWED": ProblemCode(
        405, "the route does not have this method; `Allow` lists those it has", headers=("Allow",)
    ),
    "REQUEST_TIMEOUT": ProblemCode(
        408, "the body did not arrive in time", details="Also if the headers did not arrive in time."
    ),
    "RECORD_EXISTS": ProblemCode(
        409,
        "the record exists already",
        details="The MAC address has a config; or the signature of an upload was used for this name before.",
    ),
    "CHANGED_SINCE": ProblemCode(
        409,
        "some configs of the change have changed again, so nothing was undone; `details` lists them",
        details="Undo the later changes first, or leave these configs out with `keep_going`.",
    ),
    "RECORD_GONE": ProblemCode(
        410,
        "the record existed: the board was replaced, or the revision was pruned",
        details="`details.replaced_by` names the new board.",
    ),
    "LENGTH_REQUIRED": ProblemCode(
        411, "the body has no Content-Length", details="Chunked bodies are not accepted."
    ),
    "PRECONDITION_FAILED": ProblemCode(
        412,
        "the stored state is not the one that the request expects; nothing was stored",
        details="The record is at another version ([concurrent changes](http.md#concurrent-changes) describes the "
        "validators); or a patch of many configs selects another number than expected, and `details` has the numbers "
        "`selected` and `expected`.",
    ),
    "CONTENT_TOO_LARGE": ProblemCode(
        413,
        "the body, or the content in it, is too large",
        details="If the body is, the connection is closed.",
    ),
    "UNSUPPORTED_MEDIA_TYPE": ProblemCode(
        415,
        "the body has another media type or is compressed",
        details="Send `application/json`, which is the default without Content-Type; uploads are "
        "`multipart/form-data`. `Accept-Patch` names the media type for `PATCH`.",
    ),
    "UNPROCESSABLE": ProblemCode(
        422,
        "some of the input cannot be processed, so nothing was stored; `details` lists the reasons",
        details="An import has invalid records; a patch of many configs selects none; a [picture](pictures.md) cannot be decoded; or "
        "the identity provider does not offer the [sign-in at a terminal](oidc.md#at-a-terminal).",
    ),
    "PRECONDITION_REQUIRED": ProblemCode(
        428,
        "this service requires `If-Match` for changes",
        details="`IOTCONFIG_REQUIRE_IF_MATCH` is set.",
    ),
    "TOO_MANY_REQUESTS": ProblemCode(
        429,
        "too many requests; retry after `Retry-After` seconds",
        details="Too many failed sign-ins or connections from this address, or too many concurrent pictures, imports, "
        "exports or uploads.",
        headers=("Retry-After",),
    ),
    "INTERNAL_ERROR": ProblemCode(500, "internal error; the service's log has the `correlationId`"),
    "EXTERNAL_SERVICE_ERROR": ProblemCode(
        502,
        "an external service is unavailable",
        details="The identity provider; or a [picture](pictures.md) could not be fetched.",
    ),
    "STORE_UNAVAILABLE": ProblemCode(
        503,
        "the database is unavailable; a change may have been stored, or not",
        details="Or the directory of assets cannot be used. Retry after `Retry-After` seconds. The outcome of a write is "
        "unknown unless the message says that nothing was stored: repeat it with `If-Match`.",
        headers=("Retry-After",),
    ),
    "STORE_FULL": ProblemCode(507, "the store is full; nothing was stored"),
}
"""By code."""

STATUS: Final = {code: row.status for code, row in CODES.items()}
"""The status of each code."""
