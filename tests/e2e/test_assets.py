"""Assets of a running service: visible in every worker and after a restart; tests/http/test_assets.py has the rest."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from tests.support.depot import Depot, expect_whole
from tests.support.http import Client

CONTENT = bytes(range(256)) * 1000

ASSET_MEMBERS = ["name", "size", "sha256", "stored_at", "uploaded_by"]


def test_an_upload_is_visible_in_all_workers(start_depot: Callable[..., Depot]) -> None:
    """201 has the asset; each worker fetches and lists the same, also after a restart."""
    depot = start_depot(workers=2)
    assets = []
    for name, strong in (("plain.bin", False), ("strong.bin", True)):
        answer = depot.upload(name, CONTENT, strong=strong)
        assert 201 == answer.status, answer.body
        asset = answer.json()
        assert ASSET_MEMBERS == list(asset)
        assert [name, len(CONTENT), hashlib.sha256(CONTENT).hexdigest()] == list(asset.values())[:3]
        assert abs(datetime.fromisoformat(asset["stored_at"]) - datetime.now(UTC)) < timedelta(minutes=1)
        assert asset["stored_at"].endswith("Z")
        assert f"/api/assets/{name}" == answer.headers["location"]
        assert f'"{asset["sha256"]}"' == answer.headers["etag"]
        assets.append(asset)

    def expect_both(client: Client) -> None:
        for _ in range(6):
            for asset in assets:
                expect_whole(client.get(f"/api/assets/{asset['name']}"), asset["name"], CONTENT)
            assert {"assets": assets, "count": 2} == client.get("/api/assets").json()

    expect_both(depot.client)
    assert 0 == depot.serve.stop()
    expect_both(start_depot().client)
