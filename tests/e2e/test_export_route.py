"""A large export over a real socket; tests/http/test_export_route.py has the rest."""

from __future__ import annotations

import json

from tests.support.api import new_mac
from tests.support.serving import Serve


def test_a_large_export_is_whole(single: Serve) -> None:
    """More data than is held in memory arrive with their length and all records."""
    macs = [new_mac() for _ in range(60)]
    content = json.dumps({"pad": "x" * 20_000})
    body = "".join(f'{{"mac_address": "{mac}", "content": {content}}}\n' for mac in macs).encode()
    headers = {"Content-Type": "application/x-ndjson"}
    assert 60 == single.client.request("POST", "/api/configs/import", body, headers).json()["new"]
    answer = single.client.get("/api/configs/export")
    assert len(answer.body) > 1024 * 1024
    assert str(len(answer.body)) == answer.headers["content-length"]
    found = {json.loads(line)["mac_address"] for line in answer.body.splitlines()}
    assert set() == set(macs) - found
