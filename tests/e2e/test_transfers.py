"""Slow exports: their number is limited, and a caller above its limit is refused."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.api import expect_problem
from tests.support.fleet_files import write_fleet
from tests.support.relaying import mac
from tests.support.serving import Serve, environment, run_command
from tests.support.waiting import wait_until
from tests.support.wire import request_bytes

EXPORT = "/api/configs/export"
PATCH = "/api/configs/patch"


@pytest.fixture
def large_url(sqlite_url: str, tmp_path: Path) -> str:
    """A database whose export is larger than all buffers."""
    fleet = write_fleet(tmp_path / "fleet.ndjson", 10_000, pad=1000)
    assert 0 == run_command("import", str(fleet), env=environment(sqlite_url)).returncode
    return sqlite_url


def test_the_number_of_slow_exports_is_limited(start_serve: Callable[..., Serve], large_url: str) -> None:
    """The limit is for all workers. Changes have separate slots, and an ended export releases its slot."""
    serve = start_serve(large_url, workers=2, IOTCONFIG_TRANSFERS_AT_ONCE="2")
    client = serve.client
    with socket.socket() as slow:
        slow.settimeout(30)
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect(client.address)
        slow.sendall(request_bytes("GET", EXPORT))
        assert slow.recv(100)
        # On so many connections that both workers get some.
        refused = [client.get(EXPORT) for _ in range(8)]
        changed = client.send_json("POST", PATCH, {"match": str(mac(1)), "merge": {"a": 1}})
    for answer in refused:
        expect_problem(answer, 429, "TOO_MANY_REQUESTS")
        assert answer.headers["retry-after"].isdigit()
    assert 200 == changed.status
    # A worker releases its slot after it has sent the answer, which the client may have received before.
    for _ in range(3):
        wait_until(lambda: 200 == client.get(EXPORT).status, "the place of an export is given back")
        wait_until(lambda: 200 == client.request("HEAD", EXPORT).status, "and of one without a body")
        wait_until(
            lambda: 200 == client.send_json("POST", PATCH, {"all": True, "merge": {"b": 1}}).status,
            "and of a patch",
        )


def test_an_export_above_the_disk_limit(start_serve: Callable[..., Serve], large_url: str) -> None:
    """The refusal has the setting, and the temporary file is removed."""
    serve = start_serve(
        large_url, IOTCONFIG_MAX_TEMPORARY_BYTES=str(1 << 22), IOTCONFIG_MAX_IMPORT_BYTES=str(1 << 22)
    )
    for _ in range(3):
        problem = expect_problem(serve.client.get(EXPORT), 429, "TOO_MANY_REQUESTS")
        assert "IOTCONFIG_MAX_TEMPORARY_BYTES" in problem["error"]
    assert 200 == serve.client.send_json("POST", PATCH, {"match": "device", "merge": {"b": 1}}).status
