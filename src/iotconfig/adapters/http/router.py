"""The Falcon router of the route table."""

from __future__ import annotations

from functools import partial
from typing import Any

import falcon
from falcon import inspect
from falcon.routing import CompiledRouter, set_default_responders

from .routing import Route

_Found = tuple[object, dict[str, Any], dict[str, Any], str | None]


class _RowRouter(CompiledRouter):
    """Serves exactly the methods that a row has."""

    def map_http_methods(
        self, resource: object, *, row: Route | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        if row is None:
            return super().map_http_methods(resource, **kwargs)
        methods = {method: getattr(resource, f"on_{method.lower()}") for method in row.operations}
        if "HEAD" in row.rule.access:
            methods["HEAD"] = methods["GET"]
        return {**methods, "OPTIONS": partial(_list_methods, _headers_of_options(row))}


class Router(_RowRouter):
    """Finds routes by their paths.

    A template that ends in a suffix, such as `/api/configs/{mac}.json`, matches every last segment with
    that suffix. Falcon's own matching misses an empty field, and misreads line breaks.
    """

    def __init__(self) -> None:
        super().__init__()
        self.suffixed = _RowRouter()
        """The templates that end in a suffix; for inspection only."""
        # Prefix, suffix, name of the field between them, and the route.
        self._matches: list[tuple[str, str, str, tuple[object, dict[str, Any], str]]] = []

    def add_route(self, uri_template: str, resource: object, **kwargs: Any) -> None:
        prefix, _, rest = uri_template.rpartition("{")
        name, _, suffix = rest.partition("}")
        if not suffix or "/" in suffix:
            super().add_route(uri_template, resource, **kwargs)
            return
        self.suffixed.add_route(uri_template, resource, **kwargs)
        methods = self.map_http_methods(resource, **kwargs)
        set_default_responders(methods)
        self._matches.append((prefix.lstrip("/"), suffix, name, (resource, methods, uri_template)))

    def find(self, uri: str, req: falcon.Request | None = None) -> _Found | None:
        for prefix, suffix, name, (resource, methods, template) in self._matches:
            if uri.endswith(suffix):
                path = uri.lstrip("/")
                if path.startswith(prefix) and "/" not in (segment := path[len(prefix) :]):
                    fields = {name: segment[: -len(suffix)]}
                    if req is not None:
                        # For the log: a refused request does not reach its responder, which receives them.
                        req.context.fields = fields
                    return resource, methods, fields, template
        return super().find(uri, req)


def _headers_of_options(row: Route) -> dict[str, str]:
    """`Allow`, and `Accept-Patch` where the route has a PATCH with a body (RFC 5789, section 3.1)."""
    headers = {"Allow": ", ".join(row.rule.methods)}
    if row.patch is not None and row.patch.body is not None:
        headers["Accept-Patch"] = ", ".join(row.patch.body.kinds)
    return headers


def _list_methods(
    headers: dict[str, str], _req: falcon.Request, resp: falcon.Response, **_params: str
) -> None:
    resp.set_headers(headers)
    resp.set_header("Content-Length", "0")


@inspect.register_router(Router)
def _routes_of(router: Router) -> list[inspect.RouteInfo]:
    return [*inspect.inspect_compiled_router(router), *inspect.inspect_compiled_router(router.suffixed)]
