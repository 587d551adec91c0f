"""Rows of the route table as OpenAPI writes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from attrs import frozen

from iotconfig.adapters.http.access.change_notes import AUTHOR
from iotconfig.adapters.http.access.rules import Access
from iotconfig.adapters.http.problem_codes import CODES
from iotconfig.adapters.http.problems import MEDIA_TYPE, Problem
from iotconfig.adapters.http.requests.queries import parameters_of
from iotconfig.adapters.http.routing import Answer, Body, Operation, Parameter, Route

from .shapes import ANSWERS, BODIES, Part

_AUTHOR: Final = Parameter(
    AUTHOR,
    "The author of the change, percent-encoded, while authentication is off; it is marked as unverified",
    "anna",
)
_FIELD: Final = re.compile(r"{(\w+)}")


@frozen
class GeneralRefusals:
    """Refusals of all operations of a kind; their rows in the route table do not name them."""

    of: str
    """The operations, in the words of the documentation."""
    codes: Sequence[str]
    concern: Callable[[Operation], bool]
    """Whether an operation may answer with them."""


GENERAL: Final = (
    GeneralRefusals(
        "all routes",
        ("VALIDATION_FAILED", "AUTHORIZATION_FAILED", "TOO_MANY_REQUESTS", "INTERNAL_ERROR"),
        lambda _described: True,
    ),
    GeneralRefusals(
        "routes that are not for everyone",
        ("AUTHENTICATION_REQUIRED",),
        lambda described: described.access is not Access.PUBLIC,
    ),
    GeneralRefusals(
        "routes with a body",
        ("REQUEST_TIMEOUT", "LENGTH_REQUIRED", "CONTENT_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE", "STORE_FULL"),
        lambda described: described.body is not None,
    ),
    GeneralRefusals(
        "routes that use the database", ("STORE_UNAVAILABLE",), lambda described: described.needs_store
    ),
)


def general_codes(described: Operation) -> list[str]:
    """The codes of the general refusals of one method."""
    return [code for general in GENERAL if general.concern(described) for code in general.codes]


def operation(route: Route, described: Operation) -> Part:
    """One method of a route."""
    found: Part = {
        "operationId": described.name,
        "summary": described.about,
        "description": described.details,
        "parameters": [*_parameters(route, described)],
        "responses": _responses(described),
        "security": _security(described.access),
        "x-access": described.access.value,
    }
    if described.body is not None:
        found["requestBody"] = _body(described.body)
    return found


def name_of(field: str) -> str:
    """Return the documented name of a field in a path: `segment` is an id."""
    return "id" if field == "segment" else field


def _parameters(route: Route, described: Operation) -> Iterator[Part]:
    known = {parameter.name: parameter for parameter in route.parameters}
    for field in _FIELD.findall(route.path):
        parameter = known.get(field) or Parameter(field, "", None)
        yield {
            "name": name_of(field), "in": "path", "required": True, "schema": _schema(parameter),
            "description": parameter.about, "example": parameter.example,
        }  # fmt: skip
    for each in parameters_of(described.query).values() if described.query is not None else ():
        part: Part = {
            "name": each.name,
            "in": "query",
            "schema": dict(each.spelling.schema),
            "description": each.about,
        }
        if each.default not in (None, True, False, ""):
            part["schema"]["default"] = each.default
        if each.is_required:
            part["required"] = True
        if each.example is not None:
            part["example"] = each.example
        yield part
    for header in (*described.headers, *_author_of(described)):
        yield {
            "name": header.name, "in": "header", "schema": _schema(header),
            "description": header.about, "example": header.example,
        }  # fmt: skip


def _author_of(described: Operation) -> tuple[Parameter, ...]:
    """The header of every operation whose author is recorded: uploads, and those that take a message for the history."""
    takes_message = described.query is not None and "message" in parameters_of(described.query)
    return (_AUTHOR,) if takes_message or described.access is Access.UPLOAD else ()


def _schema(parameter: Parameter) -> Part:
    given = parameter.schema
    return dict(given) if isinstance(given, Mapping) else BODIES.schema(given)


def _body(body: Body) -> Part:
    return {
        "description": body.about,
        "required": body.required,
        "content": {
            media_type: {
                "schema": BODIES.schema(kind.shape),
                "examples": {name: {"value": value} for name, value in kind.examples.items()},
            }
            for media_type, kind in body.kinds.items()
        },
    }


def _responses(described: Operation) -> dict[str, Part]:
    codes = [*general_codes(described), *described.refuses]
    answers = {str(status): _answer(answer) for status, answer in described.answers.items()}
    return dict(sorted({**problems(codes), **TOO_LONG, **answers}.items()))


def _answer(answer: Answer) -> Part:
    found: Part = {
        "description": answer.about,
        "headers": {
            name: {"$ref": f"#/components/headers/{name}"} for name in ("X-Request-ID", *answer.headers)
        },
    }
    if answer.shape is not None:
        found["content"] = {answer.media_type: {"schema": ANSWERS.schema(answer.shape)}}
    return found


def _security(access: Access) -> list[dict[str, list[str]]]:
    """Credentials are not required while authentication is off, and of devices only where their tokens are required."""
    if access is Access.PUBLIC:
        return []
    if access is Access.DEVICE:
        return [{}, {"token": []}]
    return [{"token": []}, {"session": []}, {}]


TOO_LONG: Final = {
    status: _answer(Answer(f"`VALIDATION_FAILED`: {what} too long.", Problem, (), MEDIA_TYPE))
    for status, what in (("414", "the request's first line is"), ("431", "the request's headers are"))
}


def problems(codes: Sequence[str]) -> dict[str, Part]:
    """The answers with these codes, by their statuses."""
    by_status: dict[int, list[str]] = {}
    for code in dict.fromkeys(codes):
        by_status.setdefault(CODES[code].status, []).append(code)
    found = {}
    for status, alike in sorted(by_status.items()):
        headers = dict.fromkeys(header for code in alike for header in CODES[code].headers)
        sentences = "; ".join(f"`{code}`: {CODES[code].when}" for code in alike)
        found[str(status)] = _answer(Answer(f"{sentences}.", Problem, tuple(headers), MEDIA_TYPE))
    return found
