"""The OpenAPI description covers all of the application and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import falcon
import pytest
from falcon import inspect

from iotconfig.adapters.codec import to_json
from iotconfig.adapters.http.openapi.document import document, path_of
from iotconfig.adapters.http.openapi.shapes import DESCRIPTIONS
from iotconfig.adapters.http.problem_codes import STATUS
from iotconfig.adapters.http.routes import ROUTES
from iotconfig.domain.announcing.announcement import Announcement
from iotconfig.domain.announcing.notifications import AT_ONCE, Notification
from iotconfig.testing.announcement_builders import subject
from tests.support.apps import app_in_memory
from tests.support.wsgi_client import WsgiClient

_IMPLIED = {"OPTIONS", "HEAD"}
"""Methods that every route has."""


@pytest.fixture
def app() -> falcon.App[Any, Any]:
    return app_in_memory()


def described() -> set[tuple[str, str]]:
    return {
        (path, method.upper()) for path, methods in document(ROUTES)["paths"].items() for method in methods
    }


def operations() -> Iterator[Any]:
    return (operation for methods in document(ROUTES)["paths"].values() for operation in methods.values())


def test_the_description_has_the_routes_of_the_application(app: falcon.App[Any, Any]) -> None:
    """The routes and methods of both are equal, apart from the further addresses of the web app and its files."""
    undescribed = {route.path for route in ROUTES if not route.is_described}
    served = {
        (path_of(route.path), method.method)
        for route in inspect.inspect_routes(app)
        for method in route.methods
        if not method.internal and method.method not in _IMPLIED and route.path not in undescribed
    }

    assert served == described()


def test_names_of_operations_are_unique() -> None:
    """Generators of clients make a function of each name."""
    names = [operation["operationId"] for operation in operations()]

    assert len(names) == len(set(names))


def test_access_is_described() -> None:
    """Public routes have no security requirement; the others describe 401 and 403."""
    found = document(ROUTES)["paths"]

    assert [] == found["/api/health"]["get"]["security"]
    assert "401" not in found["/api/health"]["get"]["responses"]
    assert {"401", "403"} <= set(found["/api/configs"]["post"]["responses"])
    assert "administrators" == found["/api/configs"]["post"]["x-access"]


def test_every_code_is_in_the_description() -> None:
    """The codes and statuses equal those of the application."""
    text = json.dumps(document(ROUTES))

    assert list(STATUS) == document(ROUTES)["components"]["schemas"]["Code"]["enum"]
    assert [] == [code for code in STATUS if f"`{code}`" not in text and code != "EXTERNAL_SERVICE_ERROR"]


def test_every_reference_resolves() -> None:
    """Each named schema and header exists, and each is referenced."""
    found = document(ROUTES)
    used = set(re.findall(r'"#/components/(\w+/[\w-]+)"', json.dumps(found)))
    there = {f"{kind}/{name}" for kind in ("schemas", "headers") for name in found["components"][kind]}

    assert used == there


def test_every_description_belongs_to_a_member() -> None:
    """None is left of a member that was renamed or removed."""
    schemas = document(ROUTES)["components"]["schemas"].values()
    used = {part.get("description") for schema in schemas for part in schema.get("properties", {}).values()}

    assert set() == set(DESCRIPTIONS.values()) - used


def test_members_that_can_be_null_are_described_so() -> None:
    """Pending notifications are written with all of their members, also with those that are null by default."""
    schemas = document(ROUTES)["components"]["schemas"]
    announcement = Announcement(subject(1), restart_hint=True)
    written = json.loads(to_json(Notification(announcement, 1, AT_ONCE, AT_ONCE)))

    assert (None, None) == (written["last_error"], written["announcement"]["state"])
    assert ["string", "null"] == schemas["Notification"]["properties"]["last_error"]["type"]
    assert {"type": "null"} in schemas["Announcement"]["properties"]["state"]["anyOf"]


def test_the_refusal_of_another_number_of_deletions_is_described() -> None:
    """`expect_removed` of an import and `expect` of a patch are refused with 412."""
    paths = document(ROUTES)["paths"]

    assert "412" in paths["/api/configs/import"]["post"]["responses"]
    assert "412" in paths["/api/configs/patch"]["post"]["responses"]


def objects(part: object) -> Iterator[dict[str, Any]]:
    """Every schema of type object, wherever it stands."""
    if isinstance(part, dict):
        if part.get("type") == "object":
            yield part
        for inner in part.values():
            yield from objects(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from objects(inner)


def test_objects_with_any_members_say_so() -> None:
    """Generators of clients assume that an object without declared members is empty."""
    assert [] == [
        found
        for found in objects(document(ROUTES))
        if not found.keys() & {"properties", "additionalProperties"}
    ]
    assert document(ROUTES)["components"]["schemas"]["Content"]["additionalProperties"] is True


def test_it_is_the_same_below_the_page(app: falcon.App[Any, Any]) -> None:
    """Generators that know the address of the page look there."""
    client = WsgiClient(app)

    assert (
        document(ROUTES)
        == client.get("/api/docs/openapi.json").json()
        == client.get("/api/openapi.json").json()
    )


@pytest.mark.parametrize(
    "path", ["/api/openapi.json", "/api/docs/openapi.json", "/api/docs", "/api/docs/style.css"]
)
def test_it_has_a_validator(app: falcon.App[Any, Any], path: str) -> None:
    """A client that has it gets 304."""
    client = WsgiClient(app)
    first = client.get(path)
    again = client.request("GET", path, headers={"If-None-Match": first.headers["etag"]})

    assert (200, 304, b"") == (first.status, again.status, again.body)
    assert first.headers["etag"] == client.request("HEAD", path).headers["etag"]


def test_the_page_loads_nothing(app: falcon.App[Any, Any]) -> None:
    """It has no script and no external resource, and its policy allows none."""
    client = WsgiClient(app)
    page = client.get("/api/docs")

    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert [] == re.findall(r"<script|https?://|\sstyle=|\son\w+=", page.text)
    links = set(re.findall(r'href="(/[^"]*)"', page.text))
    assert {200} == {client.get(link).status for link in links}
    targets = set(re.findall(r'href="#([^"]+)"', page.text))
    assert set() == targets - set(re.findall(r'id="([^"]+)"', page.text))
    assert [] == [
        operation["operationId"] for operation in operations() if operation["summary"] not in page.text
    ]
    assert "`" not in page.text
