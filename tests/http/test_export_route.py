"""`GET /api/configs/export`: all configs at one moment, in a form that can be imported."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.support.api import created, expect_problem
from tests.support.http import Caller
from tests.support.in_process import Service, Starter

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


def _import(client: Caller, body: bytes, query: str = "") -> dict[str, object]:
    answer = client.request("POST", f"/api/configs/import{query}", body, {"Content-Type": NDJSON})
    assert 200 == answer.status, answer.body
    found: dict[str, object] = answer.json()
    return found


def test_an_export_is_ndjson_to_be_saved(both: Service) -> None:
    """One record a line, sorted by MAC address, with verbatim content; headers have a length and a file name."""
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


def test_an_export_can_be_imported(on_sqlite: Starter, start_service: Callable[..., Service]) -> None:
    """An empty database of either kind then has the same documents and ETags, and exports the same bytes."""
    with on_sqlite() as source:
        configs = [created(source.client, content) for content in CONTENTS]
        exported = source.client.get(PATH).body
    client = start_service().client
    empty = client.get(PATH)
    assert (200, b"", "0") == (empty.status, empty.body, empty.headers["content-length"])
    count = exported.count(b"\n")
    assert count == _import(client, exported)["new"]
    assert exported == client.get(PATH).body
    for config, content in zip(configs, CONTENTS, strict=True):
        document = client.get(f"/api/configs/{config['mac_address']}.json")
        assert (content.encode(), config["etag"]) == (document.body, document.headers["etag"])
    assert count == _import(client, exported)["same"]


@pytest.mark.parametrize("query", ["x=1", "q=a", "limit=1", "format=csv", "x", "dry_run=true"])
def test_an_unknown_parameter_is_refused(untouched: Caller, query: str) -> None:
    """A misspelt filter must not give a full export."""
    answer = untouched.get(f"{PATH}?{query}")
    assert 400 == answer.status
    expect_problem(answer, 400, "VALIDATION_FAILED")
