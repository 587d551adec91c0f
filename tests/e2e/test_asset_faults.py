"""Faults during uploads: no partial asset is served, no temporary file stays, and the next upload works."""

from __future__ import annotations

import os
import resource
import signal
import socket
import struct
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.api import expect_problem
from tests.support.command_line import CommandLine
from tests.support.depot import Depot, new_name
from tests.support.forms import form, headers_of
from tests.support.postgres import PostgresServer, create_database
from tests.support.serving import environment
from tests.support.signing import timestamp
from tests.support.waiting import wait_until
from tests.support.wire import request_bytes

CONTENT = os.urandom(3_000_000)


def begun(depot: Depot, name: str, time: str) -> socket.socket:
    """A connection during an upload that is partly on the disk."""
    body = form(*depot.fields(name, CONTENT, time=time))
    before = depot.on_disk()
    connection = socket.create_connection(depot.client.address, timeout=60)
    connection.sendall(request_bytes("POST", "/api/assets", headers=headers_of(body)) + body[:1_500_000])
    wait_until(
        lambda: [n for n in depot.on_disk() if n not in before and _size(depot, n) > 1_000_000],
        "some is on the disk",
    )
    return connection


def _size(depot: Depot, name: str) -> int:
    path = depot.directory / name
    return path.stat().st_size if path.exists() else 0


def test_a_killed_worker_leaves_the_old_asset(start_depot: Callable[..., Depot]) -> None:
    """After SIGKILL during an upload, the repeated upload removes the temporary file and is stored."""
    depot = start_depot(workers=1)
    path = depot.uploaded("firmware.bin", b"old")
    time = timestamp()
    (worker,) = depot.serve.worker_pids()
    with begun(depot, "firmware.bin", time):
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: depot.serve.worker_pids() not in ([], [worker]), "another worker runs")

    (left,) = (name for name in depot.on_disk() if name != "firmware.bin")
    assert ["firmware.bin"] == depot.listed()
    assert b"old" == depot.client.get(path).body
    expect_problem(depot.client.get(f"/api/assets/{left}"), 400, "VALIDATION_FAILED")
    assert 200 == depot.upload("firmware.bin", CONTENT, time=time).status
    assert CONTENT == depot.client.get(path).body
    assert ["firmware.bin"] == depot.on_disk()


def test_an_upload_in_another_worker_is_not_removed(depot: Depot) -> None:
    """It arrives complete, however many uploads pass meanwhile."""
    name, time = new_name(), timestamp()
    with begun(depot, name, time) as connection:
        for _ in range(10):
            depot.uploaded(new_name(), b"quick")
        body = form(*depot.fields(name, CONTENT, time=time))
        connection.sendall(body[1_500_000:])
        assert connection.recv(65_536).startswith(b"HTTP/1.1 201 ")

    assert CONTENT == depot.client.get(f"/api/assets/{name}").body


@pytest.mark.parametrize("how", ["closed", "reset"])
def test_a_disconnected_client_leaves_nothing(depot: Depot, how: str) -> None:
    """After a closed and a reset connection, the partial file is removed, and the signature is unused."""
    name, time = new_name(), timestamp()
    before = depot.on_disk()
    with begun(depot, name, time) as connection:
        if how == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    wait_until(lambda: before == depot.on_disk(), "nothing is left of it")
    assert 201 == depot.upload(name, CONTENT, time=time).status


def _may_mount() -> bool:
    """Whether this process may mount file systems; tried in a separate namespace."""
    command = ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[None]:
    """A disk of 2 MiB for the assets."""
    directory = tmp_path / "assets"
    directory.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", directory], check=True)
    yield
    subprocess.run(["umount", directory], check=True)


def _limited(depot: Depot) -> None:
    """Limit the files of the workers to 2 MiB."""
    for pid in depot.serve.worker_pids():
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (2 * 1024 * 1024, hard))


@pytest.mark.parametrize("kind", ["limit", *(["disk"] if _may_mount() else [])])
def test_a_full_disk_leaves_nothing(request: pytest.FixtureRequest, kind: str) -> None:
    """507 during the transfer; the old asset stays, the new one is removed, and a smaller one can be stored."""
    if kind == "disk":
        # Before the service, so that the service ends before the disk is unmounted.
        request.getfixturevalue("small_disk")
    start_depot: Callable[..., Depot] = request.getfixturevalue("start_depot")
    depot = start_depot(workers=1)
    if kind == "limit":
        _limited(depot)
    path = depot.uploaded("firmware.bin", b"old")
    time = timestamp()
    body = expect_problem(depot.upload("firmware.bin", CONTENT, time=time), 507, "STORE_FULL")

    assert "The disk for assets has no room left. Nothing was stored." == body["error"]
    assert b"old" == depot.client.get(path).body
    assert ["firmware.bin"] == depot.on_disk()
    assert 200 == depot.upload("firmware.bin", CONTENT[:1_000_000], time=time).status
    assert CONTENT[:1_000_000] == depot.client.get(path).body
    said = [line for line in depot.serve.output().splitlines() if "Assets are in " not in line]
    assert [] == [line for line in said if str(depot.directory) in line]


def test_an_unusable_directory_is_503(start_depot: Callable[..., Depot]) -> None:
    """Every use gets one sentence without a path; once it is usable, all requests work."""
    depot = start_depot(workers=1)
    path = depot.uploaded("firmware.bin", b"firmware")
    elsewhere = depot.directory.with_name("elsewhere")
    depot.directory.rename(elsewhere)
    depot.directory.touch()
    time = timestamp()
    refusals = [
        depot.upload("firmware.bin", b"other", time=time),
        depot.client.get(path),
        depot.client.get("/api/assets"),
        depot.client.request("DELETE", path),
    ]
    for answer in refusals:
        body = expect_problem(answer, 503, "STORE_UNAVAILABLE")
        assert body["error"].startswith("The directory of assets cannot be used: ")
        assert str(depot.directory.parent) not in body["error"]
        assert "retry-after" in answer.headers
    depot.directory.unlink()
    elsewhere.rename(depot.directory)

    assert b"firmware" == depot.client.get(path).body
    assert 200 == depot.upload("firmware.bin", b"other", time=time).status


def test_a_database_that_is_away_stores_nothing(
    start_depot: Callable[..., Depot], own_postgres: PostgresServer
) -> None:
    """503 with a known outcome: nothing was stored. Devices fetch meanwhile; the same upload is accepted later."""
    url = create_database(own_postgres.base_url, "depot")
    CommandLine(environment(url)).ok("upgrade-db")
    depot = start_depot(url, workers=1)
    path = depot.uploaded("firmware.bin", b"old")
    time = timestamp()
    own_postgres.stop()
    body = expect_problem(depot.upload("firmware.bin", CONTENT, time=time), 503, "STORE_UNAVAILABLE")

    assert "may have been stored" not in body["error"]
    assert b"old" == depot.client.get(path).body
    assert ["firmware.bin"] == depot.on_disk()
    own_postgres.start()
    assert 200 == depot.upload("firmware.bin", CONTENT, time=time).status
    assert CONTENT == depot.client.get(path).body
