"""The effects of one row that is added to the route table."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import falcon
import pytest
from attrs import frozen

from iotconfig.adapters.codec import BodyReader
from iotconfig.adapters.http.access.rules import Access
from iotconfig.adapters.http.api.auth import CallbackQuery
from iotconfig.adapters.http.openapi.document import document
from iotconfig.adapters.http.problem_codes import CODES
from iotconfig.adapters.http.requests.bodies import read_json
from iotconfig.adapters.http.requests.queries import FLAG, parameter, parameters_of, read_query
from iotconfig.adapters.http.routes import ROUTES
from iotconfig.adapters.http.routing import Answer, Area, Operation, Route, RouteTable, json_body
from iotconfig.adapters.telemetry import Answered
from tests.support.apps import app_in_memory
from tests.support.paths import path_of
from tests.support.wsgi_client import WsgiClient

_DOCS = Path(__file__).parents[2] / "docs"


@frozen
class LoudQuery:
    """The query of the planted route."""

    loud: bool = parameter(FLAG, "Whether to shout", default=False)


@frozen
class Greeting:
    """A request body, and an answer."""

    text: str


class PlantedResource:
    """Answers with the parameters that it receives."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, name: str) -> None:
        query = read_query(req, LoudQuery)
        resp.media = {"text": name.upper() if query.loud else name}

    def on_post(self, req: falcon.Request, resp: falcon.Response, name: str) -> None:
        resp.media = {"text": BodyReader().read(read_json(req, 100), Greeting).text + name}

    def on_delete(self, _req: falcon.Request, resp: falcon.Response, name: str) -> None:
        resp.text = f"{name} has no row"


PLANTED = Route(
    "/api/planted/{name}",
    lambda _: PlantedResource(),
    get=Operation(
        "getPlanted",
        "A planted route",
        Access.PUBLIC,
        query=LoudQuery,
        answers={200: Answer("The name", Greeting)},
        metric="get_planted",
    ),
    post=Operation("postPlanted", "A route without access", body=json_body("A text", Greeting)),
)
TABLE = RouteTable((*ROUTES.areas, Area("Planted", "Routes of a test.", (PLANTED,))))


class RecordingObserver:
    """Records answers."""

    def __init__(self) -> None:
        self.answers: list[Answered] = []

    def answered(self, answer: Answered) -> None:
        self.answers.append(answer)


@pytest.fixture
def observer() -> RecordingObserver:
    return RecordingObserver()


@pytest.fixture
def client(observer: RecordingObserver) -> WsgiClient:
    return WsgiClient(app_in_memory(routes=TABLE, observers=(observer,)))


def test_it_is_served(client: WsgiClient) -> None:
    """HEAD is answered as GET, and the other routes are unchanged."""
    assert {"text": "PORCH"} == client.get("/api/planted/porch?loud=true").json()
    assert 200 == client.request("HEAD", "/api/planted/porch").status
    assert 200 == client.get("/api/configs").status


def test_a_row_without_access_is_closed(client: WsgiClient) -> None:
    """It is closed to the administrator, too."""
    answer = client.send_json("POST", "/api/planted/porch", {"text": "a"})

    assert (403, "AUTHORIZATION_FAILED") == (answer.status, answer.json()["code"])
    assert "closed" in answer.json()["error"]


@pytest.mark.parametrize("method", ["DELETE", "PUT", "TRACE"])
def test_a_method_without_a_row_is_refused(client: WsgiClient, method: str) -> None:
    """This holds even if the resource has a responder; `Allow` and OPTIONS list the methods of the rows."""
    refused = client.request(method, "/api/planted/porch")
    options = client.request("OPTIONS", "/api/planted/porch")

    assert (405, "METHOD_NOT_ALLOWED") == (refused.status, refused.json()["code"])
    assert (200, b"") == (options.status, options.body)
    assert "GET, HEAD, OPTIONS, POST" == refused.headers["allow"] == options.headers["allow"]


def test_it_is_named_in_metrics(client: WsgiClient, observer: RecordingObserver) -> None:
    client.get("/api/planted/porch")
    client.request("POST", "/api/planted/porch")

    assert [("/api/planted/{name}", "get_planted"), ("/api/planted/{name}", None)] == [
        (answer.route, answer.operation) for answer in observer.answers
    ]


def test_it_is_described(client: WsgiClient) -> None:
    """The description has its parameters, body, answers and access; its classes become schemas."""
    found = client.get("/api/openapi.json").json()
    described: dict[str, Any] = found["paths"]["/api/planted/{name}"]

    assert [("name", "path"), ("loud", "query")] == [
        (each["name"], each["in"]) for each in described["get"]["parameters"]
    ]
    assert ("everyone", "nobody") == (described["get"]["x-access"], described["post"]["x-access"])
    content = described["get"]["responses"]["200"]["content"]
    assert {"$ref": "#/components/schemas/Greeting"} == content["application/json"]["schema"]
    assert "415" in described["post"]["responses"]
    assert ["text"] == found["components"]["schemas"]["Greeting"]["required"]
    assert "/api/planted/{name}" in client.get("/api/docs").text
    assert "Planted" == document(TABLE)["tags"][-1]["name"]


@pytest.mark.parametrize("page", ["routes", "access"])
def test_it_is_documented(page: str) -> None:
    """The pages of the reference have its line, and it has no second place to edit."""
    render = runpy.run_path(str(_DOCS / f"render_{page}.py"))["render"]

    assert "/api/planted/{name}`" in render(TABLE)
    assert (_DOCS / f"{page}.md").read_text() == f"{render()}\n"


def test_refusals_of_many_routes_are_documented_once() -> None:
    """The page states them in one table; a route's own table has its answers and its own refusals."""
    page = runpy.run_path(str(_DOCS / "render_routes.py"))["render"](TABLE)
    planted = page.partition("### POST /api/planted/{name}")[2].partition("\n## ")[0]

    for code in ("REQUEST_TIMEOUT", "AUTHORIZATION_FAILED", "STORE_UNAVAILABLE", "INTERNAL_ERROR"):
        assert 1 == page.count(f"`{code}`: {CODES[code].when}"), code
    assert "| 415 |" not in planted
    patch = page.partition("### POST /api/configs/patch")[2].partition("\n### ")[0]
    assert ["200", "400", "412", "422"] == re.findall(r"(?m)^\| (\d+) \|", patch)


def test_a_row_without_its_responder_is_a_fault_at_the_start() -> None:
    """The application does not start."""
    row = Route("/api/planted", lambda _: PlantedResource(), put=Operation("putPlanted", "No such responder"))

    with pytest.raises(AttributeError, match="on_put"):
        app_in_memory(routes=RouteTable((Area("Planted", "", (row,)),)))


@pytest.fixture(scope="module")
def unplanted() -> WsgiClient:
    """The API with its own routes only."""
    return WsgiClient(app_in_memory())


@pytest.mark.parametrize("route", list(ROUTES), ids=lambda route: route.path)
def test_each_row_declares_the_query_that_its_resource_reads(route: Route, unplanted: WsgiClient) -> None:
    """A refusal of an unknown parameter lists those of the row's class; identity providers may add parameters."""
    path = path_of(route)
    for method, operation in route.operations.items():
        text = unplanted.request(method, f"{path}?unheard-of=1").text
        if operation.query in (None, CallbackQuery):
            assert "unheard-of" not in text
        else:
            names = ", ".join(parameters_of(operation.query)) or "none"
            assert f'"unheard-of\\" is unknown: this route accepts {names}.' in text


def test_viewers_only_read() -> None:
    """Each method that changes something is for administrators, or is one of these."""
    of_others = {
        "/api/auth/session": Access.PUBLIC,
        "/api/auth/terminal": Access.PUBLIC,
        "/api/auth/terminal/token": Access.PUBLIC,
        "/api/devices/{mac}/report": Access.DEVICE,
        "/api/assets": Access.UPLOAD,
        "/api/devices/validate": Access.READ,
    }
    found = {
        (route.path, access)
        for route in ROUTES
        for method, access in route.rule.access.items()
        if method not in ("GET", "HEAD", "OPTIONS") and access is not Access.CHANGE
    }
    assert set(of_others.items()) == found
