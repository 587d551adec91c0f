"""Every route is classified, and the page that says so is printed from the app."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import falcon
import pytest
from falcon import inspect
from falcon.testing import TestClient

from iotconfig.adapters.http.access.rules import DOCUMENT, RULES, Access, access_to
from iotconfig.entrypoints.application import app_of
from iotconfig.entrypoints.settings import Settings


class _Undecided:
    """A route that somebody added, and forgot to say for whom."""

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


def _unclassified(app: falcon.App[Any, Any]) -> list[tuple[str, str]]:
    return [
        (route.path, method.method)
        for route in inspect.inspect_routes(app)
        for method in route.methods
        for segment in ("1", "020000000000.json")
        if not method.internal and access_to(route.path, method.method, {"segment": segment}) is None
    ] + _past_the_gate(app)


def _past_the_gate(app: falcon.App[Any, Any]) -> list[tuple[str, str]]:
    """What Falcon answers without asking the gate."""
    found = [sink.prefix for sink in inspect.inspect_sinks(app)]
    found += [route.prefix for route in inspect.inspect_static_routes(app)]
    return [(prefix, "any") for prefix in found]


def test_somebody_decided_about_every_route(app: falcon.App[Any, Any]) -> None:
    """A new one needs a row in the table."""
    assert [] == _unclassified(app)


def test_the_walk_finds_what_nobody_decided_about(app: falcon.App[Any, Any]) -> None:
    """The guard bites."""
    app.add_route("/api/new", _Undecided())

    assert ("/api/new", "GET") in _unclassified(app)


@pytest.mark.parametrize("suffix", [None, "secret"])
def test_what_nobody_decided_about_is_closed(app: falcon.App[Any, Any], suffix: str | None) -> None:
    """To everybody, the administrator too, under whatever name its responder goes."""
    app.add_route("/api/new", _Undecided(), suffix=suffix)
    answer = TestClient(app).simulate_get("/api/new")

    assert 403 == answer.status_code
    assert "secret" not in answer.text


def test_a_method_that_nobody_decided_about_is_none(app: falcon.App[Any, Any]) -> None:
    """On a route that is classified otherwise, it does not exist."""
    app.add_route("/api/health", _Undecided())
    answer = TestClient(app).simulate_post("/api/health")

    assert 405 == answer.status_code
    assert "GET, HEAD, OPTIONS" == answer.headers["allow"]


def test_the_walk_finds_what_the_gate_is_not_asked_about(app: falcon.App[Any, Any], tmp_path: Path) -> None:
    """Sinks and directories pass it by, so there must be none."""
    app.add_static_route("/files", str(tmp_path))
    app.add_sink(lambda req, resp, **_: None, "/sink")

    assert 2 == len(_unclassified(app))


def test_the_table_has_no_rows_for_routes_that_are_gone(app: falcon.App[Any, Any]) -> None:
    """Nor for methods."""
    served = {
        (route.path, method.method)
        for route in inspect.inspect_routes(app)
        for method in route.methods
        if not method.internal
    }
    rows = {
        (template, method)
        for template, rules in RULES.items()
        for method, access in rules.items()
        # Some rows say that there is no such method; devices' documents are one route with configs.
        if template != DOCUMENT and (method, access) != ("HEAD", Access.NEVER)
    }

    assert set() == rows - served


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "POST", "PUT"])
def test_only_administrators_change_anything(method: str) -> None:
    """Uploads of assets aside; no change is public, and none is a reader's."""
    who = {rules[method] for rules in RULES.values() if method in rules}

    assert who <= {Access.CHANGE, Access.UPLOAD, Access.NEVER}
