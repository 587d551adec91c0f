"""Tags and notes as NDJSON, and the filter `tag` of exports and imports."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from iotconfig.adapters.http.api import tag_files
from tests.support.api import created, expect_problem, new_mac
from tests.support.http import Answer, Caller
from tests.support.in_process import Service

EXPORT, IMPORT = "/api/devices/tags/export", "/api/devices/tags/import"
NDJSON = {"Content-Type": "application/x-ndjson"}


@pytest.fixture
def client(start_service: Callable[..., Service]) -> Caller:
    """The API on an empty database of each kind."""
    return start_service().client


@pytest.fixture
def alone(start_single: Callable[..., Service]) -> Caller:
    """The API on an empty SQLite file."""
    return start_single().client


def lines(answer: Answer) -> list[Any]:
    assert 200 == answer.status
    assert "application/x-ndjson" == answer.headers["content-type"]
    return [json.loads(line) for line in answer.body.splitlines()]


def send(client: Caller, body: bytes, query: str = "") -> Answer:
    return client.request("POST", f"{IMPORT}{query}", body, NDJSON)


def test_out_and_in_again(client: Caller) -> None:
    """What one service exports, another one with the same devices takes; the change has an author's message and can be undone."""
    macs = sorted(new_mac() for _ in range(3))
    for mac in macs:
        created(client, {}, mac)
    assert b"" == client.request("GET", EXPORT).body
    selected = {"mac_addresses": macs[:2], "add": ["hall"], "note": "é"}
    assert 200 == client.send_json("POST", "/api/devices/tags", selected).status
    exported = client.request("GET", EXPORT)
    assert [{"mac_address": mac, "tags": ["hall"], "note": "é"} for mac in macs[:2]] == lines(exported)
    assert 'attachment; filename="tags.ndjson"' == exported.headers["content-disposition"]
    assert (200, b"") == ((head := client.request("HEAD", EXPORT)).status, head.body)

    everywhere = {"all": True, "remove": ["hall"], "note": ""}
    assert 200 == client.send_json("POST", "/api/devices/tags", everywhere).status
    tried = send(client, exported.body, "?dry_run=true").json()
    assert (2, False, None) == (tried["changed"], tried["stored"], tried["change"])
    imported = send(client, exported.body, "?message=restored").json()

    assert (2, 0, True) == (imported["changed"], imported["refused"], imported["stored"])
    assert exported.body == client.request("GET", EXPORT).body
    assert 2 == send(client, exported.body).json()["same"]
    assert 200 == client.send_json("POST", f"/api/changes/{imported['change']}/undo", {}).status
    assert b"" == client.request("GET", EXPORT).body


@pytest.mark.parametrize(
    ("body", "status", "code", "words"),
    [
        (b"", 400, "VALIDATION_FAILED", "no body"),
        (b"{}", 422, "UNPROCESSABLE", "line 1: At /mac_address: this member is required"),
        (b"\n\n\xff\n", 422, "UNPROCESSABLE", "line 3: "),
        (b'{"mac_address": "020000000001", "tags": ["A"]}', 422, "UNPROCESSABLE", '"A" is no tag'),
        (b'{"mac_address": "020000000001", "tags": ["a"]}', 422, "UNPROCESSABLE", "was not found"),
        (b'{"mac_address": "020000000001", "name": ["a"]}', 422, "UNPROCESSABLE", "name"),
        (b"[" * 5000, 422, "UNPROCESSABLE", "line 1: "),
        (b'{"tags": ["' + b"x" * 20_000 + b'"]}', 422, "UNPROCESSABLE", "larger than 16384 bytes"),
    ],
)
def test_what_is_refused(untouched_single: Caller, body: bytes, status: int, code: str, words: str) -> None:
    """Nothing is stored; the error names the line and the rule."""
    problem = expect_problem(send(untouched_single, body), status, code)
    assert words in problem["error"]


def test_other_media_types_are_refused(untouched_single: Caller) -> None:
    """A list of records is not one JSON document."""
    answer = untouched_single.request("POST", IMPORT, b"{}", {"Content-Type": "application/json"})
    expect_problem(answer, 415, "UNSUPPORTED_MEDIA_TYPE")


def test_too_many_records(alone: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """The records wait in memory, so their number is limited."""
    monkeypatch.setattr(tag_files, "MOST_RECORDS", 2)
    mac = new_mac()
    created(alone, {}, mac)
    record = f'{{"mac_address": "{mac}", "tags": ["a"]}}\n'.encode()
    problem = expect_problem(send(alone, record * 3), 413, "CONTENT_TOO_LARGE")
    assert "more than 2 records: split it" in problem["error"]
    assert 1 == send(alone, record).json()["changed"]


def test_keep_going(alone: Caller) -> None:
    """What is valid is stored; the refusals are listed."""
    mac = new_mac()
    created(alone, {}, mac)
    body = f'{{"mac_address": "{mac}", "tags": ["a"]}}\n{{"mac_address": "{new_mac()}"}}\n{{}}'.encode()
    report = send(alone, body, "?keep_going=true").json()
    assert (1, 2, True) == (report["changed"], report["refused"], report["stored"])
    assert ["line 2", "line 3"] == sorted(error["place"] for error in report["errors"])


def test_too_many_different_tags(alone: Caller) -> None:
    """All devices together have at most 1,000; nothing is stored."""
    macs = sorted(new_mac() for _ in range(32))
    for mac in macs:
        created(alone, {}, mac)
    body = "".join(
        json.dumps({"mac_address": mac, "tags": [f"t{number}-{tag}" for tag in range(32)]}) + "\n"
        for number, mac in enumerate(macs)
    )
    problem = expect_problem(send(alone, body.encode()), 422, "UNPROCESSABLE")
    assert "at most 1000 different tags, and would be 1024" in problem["error"]
    assert b"" == alone.request("GET", EXPORT).body


def test_exports_and_imports_by_tag(client: Caller) -> None:
    """An export has what has the tags; an import takes the records of devices that have them in the service."""
    tagged, plain, unknown = sorted(new_mac() for _ in range(3))
    created(client, {}, tagged)
    created(client, {}, plain)
    assert 204 == client.request("PUT", f"/api/devices/{tagged}/tags/hall").status

    def exported(query: str) -> list[str]:
        return [each["mac_address"] for each in lines(client.request("GET", f"/api/configs/export{query}"))]

    assert [[tagged], [plain], [tagged, plain]] == [
        exported(query) for query in ("?tag=hall", "?tag=!hall", "")
    ]
    assert [tagged] == [
        each["mac_address"] for each in lines(client.request("GET", f"{EXPORT}?tag=hall&tag=!old"))
    ]
    body = "".join(f'{{"mac_address": "{mac}", "content": {{"n": 1}}}}\n' for mac in (tagged, plain, unknown))
    path = "/api/configs/import?on_conflict=replace"
    report = client.request("POST", f"{path}&tag=hall", body.encode(), NDJSON).json()
    assert (0, 1, 0) == (report["new"], report["changed"], report["refused"])
    report = client.request("POST", f"{path}&tag=!hall", body.encode(), NDJSON).json()
    assert (1, 1, 0) == (report["new"], report["changed"], report["refused"])
    refused = client.request("POST", f"{path}&tag=hall&prune=true", body.encode(), NDJSON)
    problem = expect_problem(refused, 400, "VALIDATION_FAILED")
    assert "takes all entries: it cannot have tags" in problem["error"]
    # A helper process stores a large one, and takes the same records.
    many = body + "".join(f'{{"mac_address": "{new_mac()}", "content": {{}}}}\n' for _ in range(200))
    report = client.request("POST", f"{path}&tag=hall", many.encode(), NDJSON).json()
    assert (0, 0, 1) == (report["new"], report["changed"], report["same"])
