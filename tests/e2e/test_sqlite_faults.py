"""Faults of SQLite: a lock of another process, a full disk, a killed worker."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.client import HTTPException
from pathlib import Path
from threading import Event

import pytest

from iotconfig.testing.simultaneous import together
from tests.support.command_line import CommandLine
from tests.support.http import Answer, Client
from tests.support.mosquitto import Mosquitto
from tests.support.processes import is_alive
from tests.support.serving import Serve, environment
from tests.support.sqlite_files import checkpoint, copy_onto, problems
from tests.support.waiting import wait_until

DEVICE = "/api/configs/020000000001.json"


def _put(client: Client, number: int, content: object) -> Answer:
    return client.send_json("PUT", f"/api/configs/by-mac/02000000{number:04x}", {"content": content})


@pytest.fixture
def path(sqlite_url: str) -> Path:
    return Path(sqlite_url.removeprefix("sqlite:///"))


@pytest.fixture
def impatient(start_serve: Callable[..., Serve], sqlite_url: str) -> Serve:
    """A service that waits half a second for a lock, with one device's config."""
    serve = start_serve(sqlite_url, IOTCONFIG_DB_LOCK_TIMEOUT="0.5")
    assert 201 == _put(serve.client, 1, {"stored": True}).status
    return serve


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a write transaction on the database for the duration of the block."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


def test_writes_are_refused_while_another_process_holds_the_lock(impatient: Serve, path: Path) -> None:
    """Sixteen writes get 503 during the lock, and succeed after it."""
    client = impatient.client

    with _locked(path):
        answers = together(16, lambda n: _put(client, n, {"n": n}))
    afterwards = _put(client, 2, {"n": 2})

    assert {503} == {answer.status for answer in answers}
    assert {"STORE_UNAVAILABLE"} == {answer.json()["code"] for answer in answers}
    assert {"application/problem+json"} == {answer.headers["content-type"] for answer in answers}
    assert all(int(answer.headers["retry-after"]) > 0 for answer in answers)
    assert 201 == afterwards.status


def test_devices_and_readers_go_on_while_another_process_holds_the_lock(
    start_serve: Callable[..., Serve], sqlite_url: str, path: Path
) -> None:
    """A fetch, a list and the health check are answered while a writer waits in every worker."""
    client = start_serve(sqlite_url, workers=2, IOTCONFIG_DB_LOCK_TIMEOUT="60").client
    _put(client, 1, {"stored": True})

    with ThreadPoolExecutor(8) as threads:
        with _locked(path):
            writes = [threads.submit(_put, client, n, {"n": n}) for n in range(8)]
            statuses = [client.get(p).status for p in (DEVICE, "/api/configs", "/api/health")]
            waiting = [write for write in writes if not write.done()]
        answers = [write.result() for write in writes]

    assert [200, 200, 200] == statuses
    assert 8 == len(waiting)
    assert set() == {answer.status for answer in answers} - {200, 201}


def test_a_full_disk_refuses_writes_and_not_reads(impatient: Serve, path: Path) -> None:
    """Without space for the write-ahead log, writes get 503 or 507 and store nothing; reads succeed; then writes do."""
    client = impatient.client
    big = {"fill": "x" * 100_000}
    room = max(file.stat().st_size for file in path.parent.iterdir() if file.is_file()) + 200_000
    for pid in impatient.worker_pids():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))

    answers: list[Answer] = []
    while len(answers) < 20 and not any(answer.status >= 500 for answer in answers):
        answers.append(_put(client, 2 + len(answers), big))
    refused = answers[-1]
    fetched = client.get(DEVICE)
    stored = client.get("/api/configs").json()["count"]
    for pid in impatient.worker_pids():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    afterwards = _put(client, 1 + len(answers), big)

    assert refused.status in (503, 507)
    assert refused.json()["code"] in ("STORE_UNAVAILABLE", "STORE_FULL")
    assert (200, {"stored": True}) == (fetched.status, fetched.json())
    assert len(answers) == stored
    assert 201 == afterwards.status


def test_a_worker_killed_under_writes_loses_nothing_acknowledged(
    start_serve: Callable[..., Serve], sqlite_url: str
) -> None:
    """After SIGKILL of both workers in turn, every create that was answered 201 is stored."""
    serve = start_serve(sqlite_url, workers=2)
    acknowledged: list[int] = []
    enough = Event()

    def create(writer: int) -> None:
        for n in range(100 * writer, 60_000):
            if enough.is_set():
                return
            try:
                status = _put(serve.client, n, {"n": n}).status
            except (OSError, HTTPException):
                # No answer, or a part of one, is not an acknowledgement.
                continue
            if status == 201:
                acknowledged.append(n)

    with ThreadPoolExecutor(2) as threads:
        writers = [threads.submit(create, writer) for writer in (1, 200)]
        try:
            for victim in serve.worker_pids():
                before = len(acknowledged)
                wait_until(lambda: len(acknowledged) > before + 5, "writes go on")  # noqa: B023
                os.kill(victim, signal.SIGKILL)
                wait_until(lambda: not is_alive(victim), "the worker is dead")  # noqa: B023
            before = len(acknowledged)
            wait_until(lambda: len(acknowledged) > before + 5, "writes go on")
        finally:
            enough.set()
        for writer in writers:
            writer.result()

    listed = serve.client.get("/api/configs").json()["configs"]
    stored = {int(config["mac_address"].replace(":", "")[8:], 16) for config in listed}
    assert set() == set(acknowledged) - stored


@pytest.mark.parametrize("is_log_removed", [True, False], ids=["without-log", "with-log"])
def test_a_restored_file_under_a_running_service_is_refused(
    start_serve: Callable[..., Serve],
    sqlite_url: str,
    path: Path,
    broker: Mosquitto,
    is_log_removed: bool,
) -> None:
    """Every worker answers 503 with the reason; after a restart, all changes acknowledged since the restore are there."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("VACUUM INTO ?", (str(path.with_name("backup.db")),))
    serve = start_serve(sqlite_url, workers=2, MQTT_URL=broker.url)
    client = serve.client
    # One worker only: the others first check the file after it was replaced.
    assert 201 == _put(client, 1, {"n": 1}).status

    path.with_name("backup.db").replace(path)
    if is_log_removed:
        for kind in ("wal", "shm"):
            path.with_name(f"{path.name}-{kind}").unlink()
    refused = together(16, lambda n: _put(client, 100 + n, {"n": n}))
    asked = [
        *together(16, lambda _: client.get("/api/health")),
        *together(8, lambda _: client.get("/api/health/ready")),
    ]
    CommandLine(environment(sqlite_url)).ok("config", "create", "02:00:00:00:01:00", '{"by": "hand"}')
    wait_until(
        lambda: {503} == {a.status for a in together(8, lambda _: client.get(DEVICE))}, "reads end, too"
    )
    assert 0 == serve.stop()
    again = start_serve(sqlite_url).client

    assert {503} == {answer.status for answer in refused}
    assert all("The database file was replaced" in answer.json()["error"] for answer in refused)
    assert {503} == {answer.status for answer in asked}
    assert all("start it" in answer.json()["error"] for answer in asked)
    assert {"by": "hand"} == again.get("/api/configs/020000000100.json").json()
    assert (1, 404) == (again.get("/api/configs").json()["count"], again.get(DEVICE).status)


@pytest.mark.parametrize(("there", "copied"), [(1, 1), (100_000, 1)], ids=["same-size", "smaller"])
def test_a_backup_copied_over_the_open_file_is_not_damaged(
    start_serve: Callable[..., Serve],
    sqlite_url: str,
    path: Path,
    broker: Mosquitto,
    there: int,
    copied: int,
) -> None:
    """Every worker answers 503 with the reason; a restart has exactly the backup, whatever its size."""
    backup = Path(shutil.copy(path, path.with_name("backup.db")))
    content = b'{"fill": "%s"}' % (b"x" * copied)
    command_line = CommandLine(environment(f"sqlite:///{backup}"))
    command_line.ok("config", "create", "02:00:00:00:01:00", "-", stdin=content)
    serve = start_serve(sqlite_url, MQTT_URL=broker.url)
    client = serve.client
    for number in range(3):
        assert 201 == _put(client, number, {"fill": "x" * there}).status
    checkpoint(path)
    assert 201 == _put(client, 3, {"n": 3}).status
    sizes = path.stat().st_size, backup.stat().st_size

    copy_onto(backup, path)
    refused = together(16, lambda n: _put(client, 100 + n, {"n": n}))
    asked = [
        *together(16, lambda _: client.get("/api/health")),
        *together(8, lambda _: client.get("/api/health/ready")),
    ]
    wait_until(
        lambda: {503} == {a.status for a in together(8, lambda _: client.get(DEVICE))}, "reads end, too"
    )
    assert 0 == serve.stop()
    is_copy = backup.read_bytes() == path.read_bytes()
    found = problems(path)
    again = start_serve(sqlite_url).client

    assert (copied > there, copied < there) == (sizes[0] < sizes[1], sizes[0] > sizes[1])
    assert {503} == {answer.status for answer in refused}
    assert all("The database file was overwritten" in answer.json()["error"] for answer in refused)
    assert {503} == {answer.status for answer in asked}
    assert all("start it" in answer.json()["error"] for answer in asked)
    assert (True, "ok") == (is_copy, found)
    assert copied == len(again.get("/api/configs/020000000100.json").json()["fill"])
    assert 1 == again.get("/api/configs").json()["count"]


def test_the_log_shrinks_after_a_long_reader(
    start_serve: Callable[..., Serve], sqlite_url: str, path: Path
) -> None:
    """This needs no further write; health reports the size."""
    client = start_serve(sqlite_url, workers=1).client
    _put(client, 1, {"n": 0})

    def size() -> int:
        return int(client.get("/api/health").json()["log"]["bytes"])

    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM configs").fetchone()
        for number in range(75):
            assert 200 == _put(client, 1, {"n": number + 1, "fill": "x" * 250_000}).status
        grown = size()

    assert grown > 17_000_000
    wait_until(lambda: size() < 1_000_000, "the log is emptied")
    assert client.get("/api/health").json()["log"]["problem"] is None
