"""Spellings that RFC 9110 declares equal are equal on every route."""

from __future__ import annotations

from typing import Any

import falcon
import pytest
from falcon import testing

from iotconfig.adapters.bearer import bearer_token
from iotconfig.adapters.http.requests.forms import read_form
from iotconfig.testing.clocks import SteppingClock
from tests.support.apps import app_in_memory
from tests.support.wsgi_client import WsgiClient

TOKEN = "a-token-of-many-letters"
MAC = "02:00:00:00:00:01"
PUT = f"/api/configs/by-mac/{MAC}"
PATCH = "/api/configs/1"
BODY = b'{"content": {"deviceName": "Porch"}}'
OWN = "https://iot.example.org"
LISTED = "http://localhost:5173"


@pytest.fixture(scope="module")
def client() -> WsgiClient:
    """The API with one config, on a machine with a name."""
    app: falcon.App[Any, Any] = app_in_memory(
        clock=SteppingClock(),
        own_origin=OWN,
        local_only=True,
        cors_origins=[LISTED],
        render_metrics=lambda accept: ("text/plain", accept.encode()),
        metrics_token=TOKEN,
    )
    client = WsgiClient(app, host="localhost")
    assert 201 == client.request("PUT", PUT, BODY, {"Content-Type": "application/json"}).status
    return client


def sent(name: str, *values: str) -> list[dict[str, str]]:
    """A header in several spellings."""
    return [{name: value} for value in values]


ASKED = [
    *[
        ("GET", "/metrics", headers, 200)
        for headers in sent(
            "Authorization", f"bearer {TOKEN}", f"BEARER   {TOKEN}", f" Bearer {TOKEN} ", f"Bearer  {TOKEN}"
        )
    ],
    *[
        ("GET", "/metrics", headers, 401)
        for headers in sent(
            "Authorization", TOKEN, f"Bearer{TOKEN}", f"Basic {TOKEN}", f"Bearer {TOKEN} x", f"Bearer {TOKEN.upper()}"
        )
    ],
    *[
        ("PUT", PUT, headers, 200)
        for headers in sent(
            "Content-Type", "Application/JSON", "application/json ;charset=UTF-8", 'application/json; Charset="utf-8"',
            "application/json;", "application/json; charset=Utf8 ; q=1", 'application/json;; charset="UTF-8";',
        )
    ],
    *[
        ("PUT", PUT, headers, 415)
        for headers in sent("Content-Type", "text/json", "application/json; charset=latin1", "application/jsonp")
    ],
    ("PATCH", PATCH, {"Content-Type": "Application/Merge-Patch+JSON ; Charset=UTF-8"}, 200),
    *[("PUT", PUT, headers, 200) for headers in sent("Content-Encoding", "identity", "Identity", "", " , identity,")],
    *[("PUT", PUT, headers, 415) for headers in sent("Content-Encoding", "gzip", "identity, GZIP", "x-unknown")],
    *[
        ("GET", PATCH, headers, 304)
        for headers in sent("If-None-Match", '"{revision}"', ' "x" ,\t"{revision}",, ', ',"{revision}"', " * ", 'W/"{revision}"')
    ],
    *[
        ("GET", PATCH, headers, 200)
        for headers in sent("If-None-Match", "{revision}", '"{revision}-gzip"', 'w/"{revision}"', '"x"')
    ],
    *[
        ("GET", f"/api/configs/{MAC}.json", headers, 304)
        for headers in sent("If-None-Match", '"{etag}"', "{etag}", '"{etag}-gzip"', 'W/"{etag}"')
    ],
    *[("GET", PATCH, headers, 200) for headers in sent("If-Match", ' "x" ,\t"{revision}",, ', " *", ',"{revision}"')],
    *[("GET", PATCH, headers, 412) for headers in sent("If-Match", 'W/"{revision}"', '"x"')],
    *[
        ("GET", "/api/configs", headers, 200)
        for headers in sent(
            "Host", "LocalHost:80", "localhost.", "IOT.Example.ORG", "iot.example.org.:443", "127.0.0.1.", "[::1]:80"
        )
    ],
    *[("GET", "/api/configs", headers, 403) for headers in sent("Host", "localhost.example", "iot.example.org..", ".localhost")],
    *[
        ("PUT", PUT, headers, 200)
        for headers in sent("Origin", OWN, "HTTPS://IOT.example.org:443", LISTED, "http://LOCALHOST:5173", "http://localhost:80")
    ],
    *[
        ("PUT", PUT, headers, 403)
        for headers in sent("Origin", "https://iot.example.org:80", "http://localhost:5174", "null", "https://iot.example.org.evil.example")
    ],
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "headers", "status"), ASKED)
def test_the_spelling_makes_no_difference(
    client: WsgiClient, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    """Other values, and a missing header, stay refused."""
    config = client.get(PATCH).json()
    tags = {"{revision}": str(config["revision"]), "{etag}": config["etag"].strip('"')}
    given = dict(headers)
    for tag, stands_for in tags.items():
        given = {name: value.replace(tag, stands_for) for name, value in given.items()}
    body = None if method == "GET" else BODY
    more = {} if method == "GET" or "Content-Type" in headers else {"Content-Type": "application/json"}

    answer = client.request(method, path, headers={**more, **given}, body=body)

    assert status == answer.status, answer.text


@pytest.mark.parametrize(
    "form",
    [
        'multipart/form-data; boundary="a b"',
        'Multipart/Form-Data ; Boundary="a b"',
        'multipart/form-data; charset=utf-8;boundary="a b" ;',
    ],
)
@pytest.mark.parametrize(
    "disposition", ['form-data; name="note"', "Form-Data;Name=note", 'form-data ; NAME="note" ']
)
def test_a_form(form: str, disposition: str) -> None:
    """The boundary may be quoted, and the names of parts may be unquoted."""
    body = f"--a b\r\ncontent-disposition: {disposition}\r\n\r\nx\r\n--a b--\r\n"
    request = testing.create_req(method="POST", headers={"Content-Type": form}, body=body)

    assert [("note", b"x")] == [(part.name, part.content(9)) for part in read_form(request, ["note"], 1000)]


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer abc", "abc"), ("bEARER   abc ", "abc"), ("\tBearer abc", "abc"), ("Bearer", ""), ("Bearer ", ""),
        ("", None), ("Basic abc", None), ("Bearerabc", None), ("BearerX abc", None),
    ],
)  # fmt: skip
def test_the_token_of_a_header(header: str, token: str | None) -> None:
    """The scheme is case-insensitive, and any number of spaces follows it."""
    assert token == bearer_token(header)
