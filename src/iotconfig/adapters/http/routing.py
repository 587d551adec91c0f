"""A route is one row: Falcon's routes, access, `Allow`, metrics and the OpenAPI description come from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from types import UnionType
from typing import Any

import falcon
from attrs import AttrsInstance, field, frozen

from .access.rules import Access, Rule
from .dependencies import Dependencies

Shape = type | UnionType | None
"""The content of a body or an answer: the class that it is read into or written from, or several, as `Config | Preview`.

`str`, `bytes` and `dict` stand for text, bytes and any JSON object; None for no content.
"""


@frozen
class Parameter:
    """A header or a segment of the path, as the description shows it."""

    name: str
    about: str
    example: object
    schema: type | Mapping[str, Any] = str
    """Its type, or its schema."""


@frozen
class Kind:
    """One media type of a body, with examples by what they show."""

    shape: Shape
    examples: Mapping[str, object] = field(factory=dict)


@frozen
class Body:
    """The body of a request."""

    about: str
    kinds: Mapping[str, Kind]
    """By media type."""
    required: bool = True


def json_body(about: str, shape: Shape, **examples: object) -> Body:
    """A JSON body. The names of `examples` have underscores for spaces."""
    named = {name.replace("_", " "): example for name, example in examples.items()}
    return Body(about, {falcon.MEDIA_JSON: Kind(shape, named)})


@frozen
class Answer:
    """The answer with one status."""

    about: str
    shape: Shape = None
    """None: it has no body."""
    headers: Sequence[str] = ()
    """Beside `X-Request-ID`, which every answer carries."""
    media_type: str = falcon.MEDIA_JSON


@frozen
class Operation:
    """One method of a route."""

    name: str
    """`operationId` of the description."""
    about: str
    """One line."""
    access: Access = Access.CLOSED
    answers: Mapping[int, Answer] = field(factory=dict, kw_only=True)
    """By status."""
    refuses: Sequence[str] = field(default=(), kw_only=True)
    """Codes of its refusals, beside those that every route may answer with."""
    query: type[AttrsInstance] | None = field(default=None, kw_only=True)
    """The class that its query string is read into; None where parameters are ignored."""
    headers: Sequence[Parameter] = field(default=(), kw_only=True)
    """Headers of the request that it reads."""
    body: Body | None = field(default=None, kw_only=True)
    details: str = field(default="", kw_only=True)
    """Further sentences of the description."""
    metric: str | None = field(default=None, kw_only=True)
    """Its name on dashboards; None: it is not counted as an operation on configs."""
    has_head: bool = field(default=True, kw_only=True)
    """Whether HEAD is answered like GET; not if the GET has an effect."""
    needs_store: bool = field(default=True, kw_only=True)
    """Whether it answers 503 while the database is unavailable."""
    is_polled: bool = field(default=False, kw_only=True)
    """Whether machines poll it: the access log then has its successful answers at the level `debug`."""
    calls_out: bool = field(default=False, kw_only=True)
    """Whether a GET makes the service send requests to other servers; it is then guarded like a change."""


@frozen
class Route:
    """A path and the operations of its methods."""

    path: str
    """The template, such as `/api/configs/{segment}`; it identifies the route in dashboards and rules."""
    resource: Callable[[Dependencies], object | None]
    """Makes the object with the responders `on_get`, …; None: this service does not have the route."""
    parameters: Sequence[Parameter] = field(default=(), kw_only=True)
    """The segments of the path that are not literal."""
    get: Operation | None = field(default=None, kw_only=True)
    post: Operation | None = field(default=None, kw_only=True)
    put: Operation | None = field(default=None, kw_only=True)
    patch: Operation | None = field(default=None, kw_only=True)
    delete: Operation | None = field(default=None, kw_only=True)
    check_path: Callable[[Mapping[str, str]], object] = field(default=lambda _: None, kw_only=True)
    """Raises where the path's parameters are malformed; asked before a method that the route lacks is refused."""
    is_described: bool = field(default=True, kw_only=True)
    """Whether the description lists it."""

    @property
    def operations(self) -> Mapping[str, Operation]:
        """The operations by method; HEAD and OPTIONS follow from them."""
        every = {
            "GET": self.get,
            "POST": self.post,
            "PUT": self.put,
            "PATCH": self.patch,
            "DELETE": self.delete,
        }
        return {method: operation for method, operation in every.items() if operation is not None}

    @property
    def rule(self) -> Rule:
        """Who may call its methods."""
        access = {method: operation.access for method, operation in self.operations.items()}
        if self.get is not None and self.get.has_head:
            access["HEAD"] = self.get.access
        calls_out = self.get is not None and self.get.calls_out
        return Rule({**access, "OPTIONS": Access.PUBLIC}, self.check_path, calls_out)


@frozen
class Area:
    """Routes that belong together."""

    name: str
    about: str
    routes: Sequence[Route]


@frozen(slots=False)
class RouteTable:
    """Every route of the API."""

    areas: Sequence[Area]
    """In reading order."""

    def __iter__(self) -> Iterator[Route]:
        return (route for area in self.areas for route in area.routes)

    @cached_property
    def rules(self) -> Mapping[str, Rule]:
        """Who may call what, by the routes' paths."""
        return {route.path: route.rule for route in self}

    @cached_property
    def metrics(self) -> Mapping[tuple[str, str], str]:
        """Names of operations for dashboards, by path and method."""
        return {
            (route.path, method): operation.metric
            for route in self
            for method, operation in route.operations.items()
            if operation.metric is not None
        }

    @cached_property
    def polled(self) -> frozenset[str]:
        """The paths whose GET machines poll."""
        return frozenset(route.path for route in self if route.get is not None and route.get.is_polled)
