"""`GET /api/configs/export`: the fleet at one moment, in the form that an import takes back."""

from __future__ import annotations

import json
from collections.abc import Callable
from threading import Event, Thread

import pytest

from tests.support.api import created, expect_problem, new_mac
from tests.support.http import Client
from tests.support.serving import Serve

PATH = "/api/configs/export"
NDJSON = "application/x-ndjson"

CONTENTS = [
    '{"a":1.10,  "b": "\\u00e9", "c": 1E2}',
    '{\n\t"a": [ ],\r\n "é": "😀"\n}',
    ' {"deviceName": "outer space"} ',
    '{"separator": "\u2028\u2029\x85"}',
    "{}",
    '{"s": "\\n\\"\\\\"}',
    "\n{}\n",
]


def _record(mac: str, content: str) -> str:
    return json.dumps({"mac_address": mac, "content": content}) + "\n"


def _import(client: Client, body: bytes, query: str = "") -> dict[str, object]:
    answer = client.request("POST", f"/api/configs/import{query}", body, {"Content-Type": NDJSON})
    assert 200 == answer.status, answer.body
    found: dict[str, object] = answer.json()
    return found


def test_an_export_is_ndjson_to_be_saved(both: Serve) -> None:
    """One record a line, sorted by MAC address, each as the documents are; with a length and a name."""
    config = created(both.client, CONTENTS[0])
    answer = both.client.get(PATH)
    assert (200, NDJSON, "private, no-cache", 'attachment; filename="configs.ndjson"') == (
        answer.status,
        answer.headers["content-type"],
        answer.headers["cache-control"],
        answer.headers["content-disposition"],
    )
    assert str(len(answer.body)) == answer.headers["content-length"]
    assert "x-request-id" in answer.headers
    line = f'{{"mac_address": "{config["mac_address"]}", "content": {CONTENTS[0]}}}'.encode()
    assert line in answer.body.split(b"\n")
    assert answer.body.endswith(b"}\n")
    macs = [json.loads(record)["mac_address"] for record in answer.body.splitlines()]
    assert sorted(set(macs)) == macs
    head = both.client.request("HEAD", PATH)
    assert (200, b"", NDJSON) == (head.status, head.body, head.headers["content-type"])


def test_what_was_exported_comes_back(
    single: Serve, start_serve: Callable[..., Serve], database_url: str
) -> None:
    """Into an empty database of either kind, with the same documents and ETags; and goes out as the same bytes."""
    configs = [created(single.client, content) for content in CONTENTS]
    exported = single.client.get(PATH).body
    client = start_serve(database_url, workers=1).client
    empty = client.get(PATH)
    assert (200, b"", "0") == (empty.status, empty.body, empty.headers["content-length"])
    count = exported.count(b"\n")
    assert count == _import(client, exported)["new"]
    assert exported == client.get(PATH).body
    for config, content in zip(configs, CONTENTS, strict=True):
        document = client.get(f"/api/configs/{config['mac_address']}.json")
        assert (content.encode(), config["etag"]) == (document.body, document.headers["etag"])
    assert count == _import(client, exported)["same"]


def test_a_large_export_is_whole(both: Serve) -> None:
    """More than is held in memory arrives with its length, and every record of it."""
    macs = [new_mac() for _ in range(60)]
    content = json.dumps({"pad": "x" * 20_000})
    assert 60 == _import(both.client, "".join(_record(mac, content) for mac in macs).encode())["new"]
    answer = both.client.get(PATH)
    assert len(answer.body) > 1024 * 1024
    assert str(len(answer.body)) == answer.headers["content-length"]
    found = {json.loads(line)["mac_address"] for line in answer.body.splitlines()}
    assert set() == set(macs) - found


def test_an_export_is_of_one_moment(both: Serve) -> None:
    """While somebody replaces all contents at once, again and again, each export shows one generation."""
    macs = [new_mac() for _ in range(100)]

    def write(generation: int) -> None:
        body = "".join(_record(mac, f'{{"generation": {generation}}}') for mac in macs)
        _import(both.client, body.encode(), "?on_conflict=replace")

    write(0)
    done = Event()

    def writer() -> None:
        generation = 0
        while not done.is_set():
            generation += 1
            write(generation)

    thread = Thread(target=writer)
    thread.start()
    try:
        exports = [both.client.get(PATH).body for _ in range(8)]
    finally:
        done.set()
        thread.join()
    mine = set(macs)
    for body in exports:
        records = [json.loads(line) for line in body.splitlines()]
        found = [record["content"] for record in records if record["mac_address"] in mine]
        assert 100 == len(found)
        assert 1 == len({content["generation"] for content in found})


@pytest.mark.parametrize("query", ["x=1", "q=a", "limit=1", "format=csv", "x", "dry_run=true"])
def test_an_unknown_parameter_is_refused(untouched: Client, query: str) -> None:
    """Who asks for a part of the fleet does not get all of it without a word."""
    answer = untouched.get(f"{PATH}?{query}")
    assert 400 == answer.status
    expect_problem(answer, 400, "VALIDATION_FAILED")
