"""Assets over HTTP: uploads, downloads of devices, and lists of operators."""

from __future__ import annotations

import os

import pytest

from tests.support.api import expect_problem
from tests.support.depot import AssetClient, expect_whole, new_name
from tests.support.in_process import StartDepot

CONTENT = bytes(range(256)) * 1000


@pytest.mark.parametrize(
    "content", [b"", b"x", b"\r\n--", os.urandom(3_000_000)], ids=["empty", "byte", "dashes", "3 MB"]
)
def test_any_bytes_are_returned(depot: AssetClient, content: bytes) -> None:
    """The download equals the upload."""
    name = new_name()
    expect_whole(depot.client.get(depot.uploaded(name, content)), name, content)


def test_an_upload_replaces_another(depot: AssetClient) -> None:
    """200 with another ETag, and one entry in the list."""
    name = new_name()
    path = depot.uploaded(name, CONTENT)
    answer = depot.upload(name, b"newer")

    assert 200 == answer.status
    assert path == answer.headers["location"]
    expect_whole(depot.client.get(path), name, b"newer")
    assert 1 == depot.listed().count(name)


def test_a_device_with_the_current_asset_gets_304(depot: AssetClient) -> None:
    """304 has no body; a changed asset is sent whole."""
    name = new_name()
    path = depot.uploaded(name, CONTENT)
    etag = depot.client.get(path).headers["etag"]
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        answer = depot.client.get(path, If_None_Match=known)
        assert (304, b"") == (answer.status, answer.body)
        assert (etag, "no-cache") == (answer.headers["etag"], answer.headers["cache-control"])
    depot.uploaded(name, b"newer")
    expect_whole(depot.client.get(path, If_None_Match=etag), name, b"newer")
    expect_problem(depot.client.get(path, If_Match=etag), 412, "PRECONDITION_FAILED")


def test_head_has_the_headers_of_get(depot: AssetClient) -> None:
    """Only Content-Digest is missing, since there is no content."""
    path = depot.uploaded(new_name(), CONTENT)
    whole, head = depot.client.get(path), depot.client.request("HEAD", path)

    assert (200, b"") == (head.status, head.body)
    differing = {"date", "x-request-id", "content-digest"}
    assert {k: v for k, v in whole.headers.items() if k not in differing} == {
        k: v for k, v in head.headers.items() if k not in differing
    }
    assert "content-digest" not in head.headers
    assert 304 == depot.client.request("HEAD", path, headers={"If-None-Match": whole.headers["etag"]}).status


def test_a_deleted_asset_is_gone(depot: AssetClient) -> None:
    """204, then 404 for each method."""
    name = new_name()
    path = depot.uploaded(name, CONTENT)
    answer = depot.client.request("DELETE", path)

    assert (204, b"") == (answer.status, answer.body)
    for method in ("GET", "DELETE"):
        problem = expect_problem(depot.client.request(method, path), 404, "RECORD_NOT_FOUND")
        assert f"Asset {name} was not found." == problem["error"]
    assert name not in depot.listed()


def test_an_uploaded_page_does_not_run(depot: AssetClient) -> None:
    """Headers prevent that a browser runs it with the origin of the service."""
    name = new_name(".html")
    expect_whole(
        depot.client.get(depot.uploaded(name, b"<script>alert(1)</script>")),
        name,
        b"<script>alert(1)</script>",
    )


def test_files_of_operators_are_assets(depot: AssetClient) -> None:
    """Files that were copied into the directory are served and listed; links and directories are not."""
    depot.uploaded(new_name(), b"")
    names = [new_name() for _ in range(4)]
    (depot.directory / names[0]).write_bytes(CONTENT)
    (depot.directory / names[1]).symlink_to("/etc/passwd")
    (depot.directory / names[2]).mkdir()
    os.mkfifo(depot.directory / names[3])

    expect_whole(depot.client.get(f"/api/assets/{names[0]}"), names[0], CONTENT)
    assert [names[0]] == [name for name in depot.listed() if name in names]
    for name in names[1:]:
        expect_problem(depot.client.get(f"/api/assets/{name}"), 404, "RECORD_NOT_FOUND")
        expect_problem(depot.client.request("DELETE", f"/api/assets/{name}"), 404, "RECORD_NOT_FOUND")


def test_the_list_names_the_uploader(depot: AssetClient) -> None:
    """While authentication is off, it is whom the request claims."""
    names = [new_name() for _ in range(2)]
    depot.uploaded(names[0], CONTENT)
    claimed = depot.send(depot.fields(names[1], CONTENT), {"Iotconfig-Author": "Zo%C3%AB"})

    assert "Zoë (unverified)" == claimed.json()["uploaded_by"]
    listed = {
        asset["name"]: asset["uploaded_by"] for asset in depot.client.get("/api/assets").json()["assets"]
    }
    assert ["anonymous", "Zoë (unverified)"] == [listed[name] for name in names]


@pytest.mark.parametrize("author", ["a" * 300, "%ff"], ids=["too long", "no UTF-8"])
def test_an_invalid_uploader_is_refused(depot: AssetClient, author: str) -> None:
    """Before the file is read; nothing is stored."""
    name = new_name()
    refused = depot.send(depot.fields(name, CONTENT), {"Iotconfig-Author": author})

    expect_problem(refused, 400, "VALIDATION_FAILED")
    assert name not in depot.listed()


def test_only_the_device_route_ignores_parameters(depot: AssetClient) -> None:
    """A proxy may need them on the device route; the other routes refuse them."""
    name = new_name()
    path = depot.uploaded(name, CONTENT)

    expect_whole(depot.client.get(f"{path}?v=1&v=2"), name, CONTENT)
    for method, refused in (
        ("GET", "/api/assets?q=x"),
        ("POST", "/api/assets?name=x"),
        ("DELETE", f"{path}?really=1"),
    ):
        expect_problem(depot.client.request(method, refused), 400, "VALIDATION_FAILED")
    assert 200 == depot.client.get(path).status


def test_other_methods_are_refused(depot: AssetClient) -> None:
    """405, and `Allow` lists the methods."""
    path = depot.uploaded(new_name(), CONTENT)
    for target, methods, allowed in (
        ("/api/assets", ("PUT", "PATCH", "DELETE"), {"GET", "HEAD", "POST", "OPTIONS"}),
        (path, ("PUT", "PATCH", "POST"), {"GET", "HEAD", "DELETE", "OPTIONS"}),
    ):
        for method in methods:
            answer = depot.client.request(method, target, b"x")
            expect_problem(answer, 405, "METHOD_NOT_ALLOWED")
            assert allowed == set(answer.headers["allow"].split(", "))
    expect_problem(depot.client.get("/api/assets/"), 404, "ROUTE_NOT_FOUND")


def test_an_empty_service_lists_nothing(start_depot: StartDepot) -> None:
    """Listing does not create the directory."""
    with start_depot() as depot:
        assert {"assets": [], "count": 0} == depot.client.get("/api/assets").json()
        expect_problem(depot.client.get("/api/assets/firmware.bin"), 404, "RECORD_NOT_FOUND")
        assert not depot.directory.exists()
