"""Every route that is served is a row of the route table, and each row says who may call it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import falcon
import pytest
from falcon import inspect
from falcon.testing import TestClient

from iotconfig.adapters.http.access.rules import Access
from iotconfig.adapters.http.routes import ROUTES
from iotconfig.entrypoints.settings import Settings
from iotconfig.entrypoints.wiring.application import app_of


class _Unlisted:
    """A resource that is added past the route table."""

    def on_get(self, _req: falcon.Request, resp: falcon.Response) -> None:
        resp.text = "secret"

    on_post = on_get_secret = on_get


@pytest.fixture
def app(tmp_path: Path) -> falcon.App[Any, Any]:
    """The app with everything that a setting can switch on."""
    url = f"sqlite:///{tmp_path / 'none.db'}"
    return app_of(
        Settings.from_environ(
            {"DATABASE_URL": url, "IOTCONFIG_AUTH": "on", "IOTCONFIG_METRICS_TOKEN": "sixteen-letters-"}
        )
    )


def _served(app: falcon.App[Any, Any]) -> set[tuple[str, str]]:
    """Everything that Falcon answers, as it says itself; sinks and directories would bypass the gate."""
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


def test_every_row_says_who_may_call_it() -> None:
    """One without access would be closed."""
    closed = [
        (route.path, method)
        for route in ROUTES
        for method, access in route.rule.access.items()
        if access is Access.CLOSED
    ]

    assert [] == closed


def test_the_comparison_finds_routes_past_the_table(app: falcon.App[Any, Any], tmp_path: Path) -> None:
    """The guard bites: for routes, sinks and directories."""
    app.add_route("/api/new", _Unlisted())
    app.add_static_route("/files", str(tmp_path))
    app.add_sink(lambda req, resp, **_: None, "/sink")

    assert 4 == len(_served(app) - _rows())


@pytest.mark.parametrize("suffix", [None, "secret"])
def test_a_route_past_the_table_is_closed(app: falcon.App[Any, Any], suffix: str | None) -> None:
    """To everybody, the administrator too, whatever its responder is called."""
    app.add_route("/api/new", _Unlisted(), suffix=suffix)
    answer = TestClient(app).simulate_get("/api/new")

    assert 403 == answer.status_code
    assert "secret" not in answer.text


def test_a_method_without_a_row_does_not_exist(app: falcon.App[Any, Any]) -> None:
    """Even if the resource has a responder for it."""
    app.add_route("/api/health", _Unlisted())
    answer = TestClient(app).simulate_post("/api/health")

    assert 405 == answer.status_code
    assert "GET, HEAD, OPTIONS" == answer.headers["allow"]


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "POST", "PUT"])
def test_only_administrators_change_anything(method: str) -> None:
    """Uploads of assets aside; no change is public, and none is open to viewers."""
    who = {route.operations[method].access for route in ROUTES if method in route.operations}

    assert who <= {Access.CHANGE, Access.UPLOAD}
