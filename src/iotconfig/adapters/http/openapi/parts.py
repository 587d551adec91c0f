"""What descriptions of routes are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import falcon

from iotconfig.adapters.http.problems import STATUS

Part = dict[str, Any]

PROBLEM: Final = "application/problem+json"

_EVERYWHERE: Final = (
    "VALIDATION_FAILED",
    "AUTHORIZATION_FAILED",
    "TOO_MANY_REQUESTS",
    "INTERNAL_ERROR",
    "STORE_UNAVAILABLE",
)
_WITH_BODY: Final = (
    "REQUEST_TIMEOUT",
    "LENGTH_REQUIRED",
    "CONTENT_TOO_LARGE",
    "UNSUPPORTED_MEDIA_TYPE",
    "STORE_FULL",
)
_WHEN: Final = {
    "INVALID_OPERATION": "that is no MAC address",
    "VALIDATION_FAILED": "a parameter, header or body is not as described here",
    "AUTHENTICATION_REQUIRED": "nobody knows who calls",
    "AUTHORIZATION_FAILED": "it is known who calls, or from where, and they may not do this",
    "RECORD_NOT_FOUND": "there is no such record",
    "ROUTE_NOT_FOUND": "there is no such route",
    "METHOD_NOT_ALLOWED": "the record knows no such method; `Allow` names those that it knows",
    "REQUEST_TIMEOUT": "the body did not arrive in time",
    "RECORD_EXISTS": "there is such a record already",
    "RECORD_GONE": "it was there once: a board that was replaced, or a revision that was pruned",
    "LENGTH_REQUIRED": "a body without a Content-Length",
    "PRECONDITION_FAILED": "somebody else was faster, and nothing was stored",
    "CONTENT_TOO_LARGE": "the body, or the content in it, is too large",
    "UNSUPPORTED_MEDIA_TYPE": "a body of another kind",
    "UNPROCESSABLE": "some of it cannot be stored, so nothing was; `details` says what",
    "PRECONDITION_REQUIRED": "this service takes changes with `If-Match` only",
    "TOO_MANY_REQUESTS": "ask again after `Retry-After`",
    "INTERNAL_ERROR": "a fault of the service, whose log has the `correlationId`",
    "EXTERNAL_SERVICE_ERROR": "a service that is not ours does not answer",
    "STORE_UNAVAILABLE": "the database is away; a change may have been stored, or not",
    "STORE_FULL": "there is no room left, and nothing was stored",
}


def ref(name: str) -> Part:
    """A schema by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def query(name: str, schema: Part, description: str) -> Part:
    """A query parameter that may be left out."""
    return {"name": name, "in": "query", "schema": schema, "description": description}


def path(name: str, schema: Part, description: str, example: object) -> Part:
    """A part of the path."""
    return {
        "name": name, "in": "path", "required": True, "schema": schema, "description": description, "example": example,
    }  # fmt: skip


def header(name: str, description: str, example: str) -> Part:
    """A header of the request that may be left out."""
    return {
        "name": name, "in": "header", "schema": {"type": "string"}, "description": description, "example": example,
    }  # fmt: skip


def body(
    schema: Part, description: str, examples: Mapping[str, object], media_type: str = falcon.MEDIA_JSON
) -> Part:
    """The body of a request, with examples by what they show."""
    return bodies(description, {media_type: (schema, examples)}, required=True)


def bodies(
    description: str, kinds: Mapping[str, tuple[Part, Mapping[str, object]]], *, required: bool
) -> Part:
    """A body that may be of several kinds."""
    return {
        "description": description,
        "required": required,
        "content": {
            media_type: {
                "schema": schema,
                "examples": {name: {"value": value} for name, value in examples.items()},
            }
            for media_type, (schema, examples) in kinds.items()
        },
    }


def answer(
    description: str,
    schema: Part | None = None,
    *headers: str,
    media_type: str = falcon.MEDIA_JSON,
    example: object = None,
) -> Part:
    """What comes back. `headers` are names of components; every answer has `X-Request-ID`."""
    found: Part = {
        "description": description,
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in ("X-Request-ID", *headers)},
    }
    if schema is not None:
        found["content"] = {
            media_type: {"schema": schema, **({"example": example} if example is not None else {})}
        }
    return found


def operation(
    name: str,
    summary: str,
    description: str,
    answers: Mapping[int, Part],
    *,
    parameters: Sequence[Part] = (),
    request: Part | None = None,
    refusals: Sequence[str] = (),
) -> Part:
    """One method of a route. `refusals`: the codes of its problems, beside those that every route may have."""
    codes = [*_EVERYWHERE, *refusals, *(_WITH_BODY if request else ())]
    responses = {str(status): found for status, found in answers.items()}
    responses |= problems(codes) | _TOO_LONG
    found: Part = {"operationId": name, "summary": summary, "description": description}
    if parameters:
        found["parameters"] = list(parameters)
    if request is not None:
        found["requestBody"] = request
    found["responses"] = dict(sorted(responses.items()))
    return found


_TOO_LONG: Final = {
    status: answer(f"`VALIDATION_FAILED`: {what} too long.", ref("Problem"), media_type=PROBLEM)
    for status, what in (("414", "the request's first line is"), ("431", "the request's headers are"))
}


def problems(codes: Sequence[str]) -> dict[str, Part]:
    """The answers with these codes, by their statuses."""
    by_status: dict[int, list[str]] = {}
    for code in dict.fromkeys(codes):
        by_status.setdefault(STATUS[code], []).append(code)
    found = {}
    for status, alike in sorted(by_status.items()):
        more = ["Retry-After"] if status in (429, 503) else []
        more += ["Allow"] if status == 405 else []
        more += ["WWW-Authenticate"] if status == 401 else []
        sentences = "; ".join(f"`{code}`: {_WHEN[code]}" for code in alike)
        found[str(status)] = answer(f"{sentences}.", ref("Problem"), *more, media_type=PROBLEM)
    return found
