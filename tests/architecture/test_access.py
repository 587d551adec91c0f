"""Every route is classified, and the page that says so is printed from the app."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import falcon
import pytest
from falcon import inspect

from iotconfig.adapters.http.access import DOCUMENT, RULES, Access, access_to
from iotconfig.entrypoints import wiring
from iotconfig.entrypoints.settings import Settings


class _Undecided:
    """A route that somebody added, and forgot to say for whom."""

    def on_get(self, _req: falcon.Request, resp: falcon.Response) -> None:
        resp.text = "secret"


@pytest.fixture
def app(tmp_path: Path) -> falcon.App[Any, Any]:
    """The app with everything that a setting can switch on."""
    url = f"sqlite:///{tmp_path / 'none.db'}"
    return wiring.create_app(Settings(database_url=url, auth=True, metrics_token="sixteen-letters-"))


def _unclassified(app: falcon.App[Any, Any]) -> list[tuple[str, str]]:
    return [
        (route.path, method.method)
        for route in inspect.inspect_routes(app)
        for method in route.methods
        if not method.internal and access_to(route.path, method.method, {"segment": "1"}) is None
    ]


def test_somebody_decided_about_every_route(app: falcon.App[Any, Any]) -> None:
    """A new one needs a row in the table."""
    assert [] == _unclassified(app)


def test_the_walk_finds_what_nobody_decided_about(app: falcon.App[Any, Any]) -> None:
    """The guard bites."""
    app.add_route("/api/new", _Undecided())

    assert ("/api/new", "GET") in _unclassified(app)


def test_what_nobody_decided_about_is_closed(app: falcon.App[Any, Any]) -> None:
    """To everybody, the administrator too."""
    from falcon.testing import TestClient

    app.add_route("/api/new", _Undecided())
    answer = TestClient(app).simulate_get("/api/new")

    assert 403 == answer.status_code
    assert "secret" not in answer.text


def test_the_table_has_no_rows_for_routes_that_are_gone(app: falcon.App[Any, Any]) -> None:
    """Nor for methods."""
    served = {
        (route.path, method.method)
        for route in inspect.inspect_routes(app)
        for method in route.methods
        if not method.internal
    }
    rows = {
        (template, method) for template, rules in RULES.items() for method in rules if template != DOCUMENT
    }

    assert set() == rows - served


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "POST", "PUT"])
def test_only_administrators_change_anything(method: str) -> None:
    """Uploads of assets aside; no change is public, and none is a reader's."""
    who = {rules[method] for rules in RULES.values() if method in rules}

    assert who <= {Access.CHANGE, Access.UPLOAD, Access.NEVER}
