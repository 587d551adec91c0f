"""Every served route is a row of the route table, and each row has an access rule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import falcon
import pytest
from falcon import inspect

from iotconfig.adapters.http.access.rules import Access
from iotconfig.adapters.http.routes import ROUTES
from iotconfig.entrypoints.settings import Settings
from iotconfig.entrypoints.wiring.application import app_of
from tests.support.wsgi_client import WsgiClient


class _Unlisted:
    """A resource that is added without the route table."""

    def on_get(self, _req: falcon.Request, resp: falcon.Response) -> None:
        resp.text = "secret"

    on_post = on_get_secret = on_get


@pytest.fixture
def app(tmp_path: Path) -> falcon.App[Any, Any]:
    """The app with all optional features."""
    url = f"sqlite:///{tmp_path / 'none.db'}"
    return app_of(
        Settings.from_environ(
            {"DATABASE_URL": url, "IOTCONFIG_AUTH": "on", "IOTCONFIG_METRICS_TOKEN": "sixteen-letters-"}
        )
    )


def _served(app: falcon.App[Any, Any]) -> set[tuple[str, str]]:
    """All routes of Falcon; sinks and static directories would bypass the access check."""
    found = {
        (route.path, method.method)
        for route in inspect.inspect_routes(app)
        for method in route.methods
        if not method.internal
    }
    found |= {(sink.prefix, "any") for sink in inspect.inspect_sinks(app)}
    return found | {(route.prefix, "any") for route in inspect.inspect_static_routes(app)}


def _rows() -> set[tuple[str, str]]:
    return {(route.path, method) for route in ROUTES for method in route.rule.access}


def test_the_app_serves_the_rows_of_the_table_and_nothing_else(app: falcon.App[Any, Any]) -> None:
    assert _rows() == _served(app)


def test_every_row_has_access() -> None:
    """A row without access would be closed."""
    closed = [
        (route.path, method)
        for route in ROUTES
        for method, access in route.rule.access.items()
        if access is Access.CLOSED
    ]

    assert [] == closed


def test_the_comparison_finds_other_routes(app: falcon.App[Any, Any], tmp_path: Path) -> None:
    """It finds routes, sinks and static directories."""
    app.add_route("/api/new", _Unlisted())
    app.add_static_route("/files", str(tmp_path))
    app.add_sink(lambda req, resp, **_: None, "/sink")

    assert 4 == len(_served(app) - _rows())


@pytest.mark.parametrize("suffix", [None, "secret"])
def test_a_route_without_a_row_is_closed(app: falcon.App[Any, Any], suffix: str | None) -> None:
    """It is closed to all callers, the administrator included."""
    app.add_route("/api/new", _Unlisted(), suffix=suffix)
    answer = WsgiClient(app).get("/api/new")

    assert 403 == answer.status
    assert "secret" not in answer.text


def test_a_method_without_a_row_does_not_exist(app: falcon.App[Any, Any]) -> None:
    """This holds even if the resource has a responder."""
    app.add_route("/api/health", _Unlisted())
    answer = WsgiClient(app).request("POST", "/api/health")

    assert 405 == answer.status
    assert "GET, HEAD, OPTIONS" == answer.headers["allow"]


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "POST", "PUT"])
def test_only_administrators_may_change(method: str) -> None:
    """Except for uploads of assets; no change is public or open to viewers. A sign-in and a validation
    store nothing, and a report no config."""
    changing = [
        route for route in ROUTES if not route.path.startswith(("/api/auth/terminal", "/api/auth/session"))
    ]
    operations = [route.operations[method] for route in changing if method in route.operations]
    allowed = {each.access for each in operations if each.name not in ("reportDocument", "validateDevices")}

    assert allowed <= {Access.CHANGE, Access.UPLOAD}
