"""The web app's page and files: how they are sent, without a build."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import falcon
import pytest

from iotconfig.adapters.http.routes import ROUTES
from iotconfig.adapters.http.web.files import WebFile, WebFiles
from tests.support.api import expect_problem
from tests.support.apps import app_in_memory
from tests.support.wsgi_client import WsgiClient

_PAGE = b"<!doctype html><title>iotconfig</title>"
_SCRIPT = b"export const answer = 42;"
_CONTENT = {"index.html": _PAGE, "main-1A2B.js": _SCRIPT, "THIRD-PARTY.txt": b"lit"}
_SCREENS = ["/", "/?state=rejected", "/devices/02:00:00:00:00:01", "/devices/unknown?edit"]


def _compressed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def _client(files: WebFiles) -> WsgiClient:
    app: falcon.App[Any, Any] = app_in_memory(web_files=files)
    return WsgiClient(app)


@pytest.fixture(scope="module")
def client() -> WsgiClient:
    """A service with a small web app."""
    files = {name: WebFile.of(name, _compressed(content)) for name, content in _CONTENT.items()}
    return _client(WebFiles(files))


@pytest.mark.parametrize("path", _SCREENS)
def test_each_screen_has_the_page(client: WsgiClient, path: str) -> None:
    """The page itself reads the address; HEAD is as GET without the body."""
    answer = client.get(path)

    assert (200, _PAGE) == (answer.status, answer.body)
    assert "text/html; charset=utf-8" == answer.headers["content-type"]
    assert str(len(_PAGE)) == answer.headers["content-length"]
    assert answer.headers["etag"] == client.request("HEAD", path).headers["etag"]


def test_the_page_is_asked_for_again_each_time(client: WsgiClient) -> None:
    """304 until another version runs."""
    first = client.get("/")
    again = client.get("/", If_None_Match=first.headers["etag"])

    assert "no-cache" == first.headers["cache-control"]
    assert (304, b"") == (again.status, again.body)
    assert 200 == client.get("/", If_None_Match='"other"').status


def test_files_are_kept_for_good(client: WsgiClient) -> None:
    """Their names change with their content; the licences have a fixed name."""
    script, licences = client.get("/static/main-1A2B.js"), client.get("/static/THIRD-PARTY.txt")

    assert (200, _SCRIPT) == (script.status, script.body)
    assert "text/javascript; charset=utf-8" == script.headers["content-type"]
    assert "public, max-age=31536000, immutable" == script.headers["cache-control"]
    assert ("no-cache", b"lit") == (licences.headers["cache-control"], licences.body)


@pytest.mark.parametrize("path", ["/", "/static/main-1A2B.js"])
@pytest.mark.parametrize(
    ("accepted", "is_compressed"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("*", True),
        ("identity", False),
        ("gzip;q=0", False),
        ("gzip; q=0.0, *", False),
        ("x-gzip", False),
        ("", False),
    ],
)
def test_gzip_is_sent_where_it_is_accepted(
    client: WsgiClient, path: str, accepted: str, *, is_compressed: bool
) -> None:
    """Both forms have their own validators, and caches are told to keep them apart."""
    answer = client.get(path, Accept_Encoding=accepted)
    plain = _PAGE if path == "/" else _SCRIPT

    assert (_compressed(plain) if is_compressed else plain) == answer.body
    assert ("gzip" if is_compressed else None) == answer.headers.get("content-encoding")
    assert "Accept-Encoding" == answer.headers["vary"]
    assert answer.headers["etag"].endswith('-plain"') != is_compressed


@pytest.mark.parametrize("path", ["/", "/static/main-1A2B.js"])
def test_nothing_but_the_own_files_runs(client: WsgiClient, path: str) -> None:
    """The policy allows no inline script or style, no other host, and no frame around the page."""
    headers = client.get(path).headers

    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert ("nosniff", "no-referrer") == (headers["x-content-type-options"], headers["referrer-policy"])


@pytest.mark.parametrize(
    "name",
    [
        "..%2findex.html",
        "%2e%2e/%2e%2e/settings.py",
        "main-1A2B.js.gz",
        "main-1A2B.js%00",
        "digest",
        "",
        "x/index.html",
    ],
)
def test_only_names_of_the_table_are_found(client: WsgiClient, name: str) -> None:
    """No part of a path reaches the file system."""
    expect_problem(client.get(f"/static/{name}"), 404, "ROUTE_NOT_FOUND")


@pytest.mark.parametrize("path", ["/device", "/devices", "/api", "/api/pages", "/index.html"])
def test_other_addresses_do_not_exist(client: WsgiClient, path: str) -> None:
    """The page is not the answer to everything."""
    expect_problem(client.get(path), 404, "ROUTE_NOT_FOUND")


@pytest.mark.parametrize("path", ["/", "/devices/02:00:00:00:00:01", "/static/main-1A2B.js"])
def test_the_page_is_only_read(client: WsgiClient, path: str) -> None:
    """No other method exists."""
    expect_problem(client.request("POST", path), 405, "METHOD_NOT_ALLOWED")


@pytest.mark.parametrize("path", _SCREENS)
def test_without_a_build_the_page_says_what_is_missing(path: str) -> None:
    """The API works all the same."""
    client = _client(WebFiles({}))

    error = expect_problem(client.get(path), 404, "ROUTE_NOT_FOUND")["error"]

    assert "IOTCONFIG_SKIP_WEB" in error
    assert "/api/docs" in error
    assert 200 == client.get("/api/configs").status


def test_files_are_read_from_a_directory(tmp_path: Path) -> None:
    """Compressed ones alone; a directory that does not exist has none."""
    for name in ("index.html.gz", "main-1A2B.js.gz"):
        (tmp_path / name).write_bytes(_compressed(_PAGE))
    (tmp_path / "digest").write_text("1")

    assert {"index.html", "main-1A2B.js"} == WebFiles.of(tmp_path).by_name.keys()
    assert {} == WebFiles.of(tmp_path / "none").by_name


def test_a_file_without_a_media_type_is_refused() -> None:
    """Browsers would have to guess."""
    with pytest.raises(ValueError, match=r"font\.woff2 has no media type"):
        WebFile.of("font.woff2", b"")


def test_the_router_of_the_page_has_the_routes_of_the_service() -> None:
    """A link to a screen can be opened in another tab: its path stands in `web/src/router.ts` and in `routes/web.py`."""
    source = (Path(__file__).parents[2] / "web" / "src" / "router.ts").read_text()
    paths = {line.split('"')[1] for line in source.splitlines() if line.startswith("    path: ")}
    rows = {route.path.replace("{", ":").replace("}", "") for area in ROUTES.areas for route in area.routes}
    served = {path for path in rows if not path.startswith(("/api/", "/static/", "/metrics"))}

    assert "/" in paths
    assert paths == served
