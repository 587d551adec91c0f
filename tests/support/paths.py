"""A path for each route: what tests of all routes put in place of its parameters."""

from __future__ import annotations

from typing import Final

from iotconfig.adapters.http.routing import Route

_VALUES: Final = {
    "segment": "1",
    "number": "1",
    "mac": "02ab00000001",
    "name": "a.bin",
    "change": "0" * 16,
    "tag": "a",
}


def path_of(route: Route, **values: str) -> str:
    """Return a path that the route's template matches. `values`: of parameters whose usual value does not fit."""
    return route.path.format_map(_VALUES | values)
