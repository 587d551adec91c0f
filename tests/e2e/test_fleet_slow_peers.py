"""Imports and exports that are slow, or whose peer is slow: other requests are not delayed."""

from __future__ import annotations

import select
import shutil
import socket
import subprocess
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from tests.support.command_line import CommandLine
from tests.support.fleet_files import inconsistencies, stored, write_fleet
from tests.support.http import Answer, Client
from tests.support.postgres import create_database, drop_database
from tests.support.relaying import mac
from tests.support.schema import execute, rows
from tests.support.serving import COMMAND, Serve, environment, run_command
from tests.support.waiting import wait_until
from tests.support.wire import only_answer, request_bytes

NDJSON = {"Content-Type": "application/x-ndjson"}
DEVICE = f"/api/configs/{mac(1)}.json"
BESIDE = 0xFFFF
"""The number of a device that no fleet has."""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def _serve(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    postgres_base_url: str,
    _sqlite_template: Path,
    _postgres_template: str,
) -> Iterator[Serve]:
    place = tmp_path_factory.mktemp("slow-peers")
    name = f"iotconfig_{uuid.uuid4().hex}"
    if request.param == "sqlite":
        shutil.copy(_sqlite_template, place / "configs.db")
        url = f"sqlite:///{place / 'configs.db'}"
    else:
        url = create_database(postgres_base_url, name, _postgres_template)
    with Serve(url, place / "serve.log") as serve:
        yield serve
        assert "Traceback" not in serve.output()
    drop_database(postgres_base_url, name)


@pytest.fixture
def worker(_serve: Serve) -> Serve:
    """A service with one worker, so that any delay affects all requests."""
    tables = ("notifications", "revisions", "documents", "configs", "revision_counters")
    execute(_serve.database_url, *(f"DELETE FROM {table}" for table in tables))  # noqa: S608 - names of ours
    return _serve


@pytest.fixture
def database_url(worker: Serve) -> str:
    """Its database."""
    return worker.database_url


def _holding(database_url: str) -> list[tuple[object, ...]]:
    """Open transactions, snapshots and locks while no request runs."""
    if database_url.startswith("sqlite"):
        # A writer would make the first statement fail, and a reader would keep the log from being emptied.
        execute(database_url, "CREATE TABLE free (x)", "DROP TABLE free")
        return [row for row in rows(database_url, "PRAGMA wal_checkpoint(TRUNCATE)") if row != (0, 0, 0)]
    return rows(
        database_url,
        "SELECT pid, state, query FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid()"
        " AND (state LIKE 'idle in transaction%' OR xact_start IS NOT NULL OR backend_xmin IS NOT NULL)",
    )


def _expect_others_go_on(database_url: str, client: Client) -> None:
    """Check that nothing is held, that a device is served, and that another one is written."""
    # Short transactions of others may not have ended yet, such as a read of the queue by the relay.
    wait_until(lambda: not _holding(database_url), "nothing is held")
    before = client.get(DEVICE)
    written = [
        client.send_json("PUT", f"/api/configs/by-mac/{mac(BESIDE)}", {"content": {"value": value}})
        for value in range(3)
    ]
    assert before.status in (200, 404), before.body
    assert {200, 201} >= {answer.status for answer in written}, written[0].body


def test_a_slow_import_holds_nothing(database_url: str, worker: Serve, tmp_path: Path) -> None:
    """While the body is incomplete, the worker serves others; once it is complete, it is stored."""
    body = write_fleet(tmp_path / "fleet.ndjson", 2000).read_bytes()
    request = request_bytes("POST", "/api/configs/import", body, NDJSON)
    head = len(request) - len(body)
    with socket.create_connection(worker.client.address, timeout=60) as peer:
        for part in (request[: head + 1000], request[head + 1000 : -1000]):
            peer.sendall(part)
            _expect_others_go_on(database_url, worker.client)
            assert [] == select.select([peer], [], [], 0)[0]
        # The last line is sent byte by byte.
        for number in range(len(request) - 1000, len(request), 50):
            peer.sendall(request[number : number + 50])
        received = b"".join(iter(lambda: peer.recv(65536), b""))

    answer = only_answer(received)
    assert 200 == answer.status, answer.body
    assert 2000 == answer.json()["new"]
    assert {} == inconsistencies(database_url)


def test_an_import_whose_client_disconnects_stores_nothing(
    database_url: str, worker: Serve, tmp_path: Path
) -> None:
    """An incomplete body is refused even if it ends with a line."""
    body = write_fleet(tmp_path / "fleet.ndjson", 2000).read_bytes()
    half = body.index(b"\n", len(body) // 2) + 1
    request = request_bytes("POST", "/api/configs/import", body, NDJSON)
    answer = only_answer(worker.client.raw(request[: half - len(body)], half_close=True))

    assert 400 == answer.status
    assert (0, 0, 0, 0) == stored(database_url)
    _expect_others_go_on(database_url, worker.client)


def test_an_export_whose_reader_stops_holds_nothing(database_url: str, worker: Serve, tmp_path: Path) -> None:
    """It is larger than all buffers, and the reader gets the state at the time of its request."""
    count = 6_000
    fleet = write_fleet(tmp_path / "fleet.ndjson", count, pad=2_000)
    CommandLine(environment(database_url)).ok("import", str(fleet))
    with socket.socket() as reader:
        reader.settimeout(60)
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect(worker.client.address)
        reader.sendall(request_bytes("GET", "/api/configs/export"))
        received = reader.recv(100)
        _expect_others_go_on(database_url, worker.client)
        changed = worker.client.send_json("PUT", f"/api/configs/by-mac/{mac(count - 1)}", {"content": {}})
        _expect_others_go_on(database_url, worker.client)
        received += b"".join(iter(lambda: reader.recv(1 << 20), b""))

    assert 200 == changed.status
    assert fleet.read_bytes() == only_answer(received).body


def test_commands_in_slow_pipes_hold_nothing(database_url: str, worker: Serve, tmp_path: Path) -> None:
    """An import without input, and an export without a reader, delay no other work."""
    fleet = write_fleet(tmp_path / "fleet.ndjson", 2000).read_bytes()
    env = environment(database_url)
    with subprocess.Popen([COMMAND, "import", "-"], env=env, stdin=subprocess.PIPE) as importing:
        assert importing.stdin is not None
        # More than a pipe holds, so that it has begun to read.
        importing.stdin.write(fleet[:200_000])
        _expect_others_go_on(database_url, worker.client)
        importing.stdin.write(fleet[200_000:])
    with subprocess.Popen([COMMAND, "export", "-"], env=env, stdout=subprocess.PIPE) as exporting:
        assert exporting.stdout is not None
        exported = exporting.stdout.read(1)
        _expect_others_go_on(database_url, worker.client)
        exported += exporting.stdout.read()

    assert (0, 0) == (importing.returncode, exporting.returncode)
    assert fleet == b"".join(exported.splitlines(keepends=True)[:2000])


def test_a_worker_serves_devices_during_a_large_import(
    database_url: str, worker: Serve, tmp_path: Path
) -> None:
    """The only worker answers devices while it reads and stores twenty thousand records."""
    fleet = write_fleet(tmp_path / "fleet.ndjson", 20_000).read_bytes()
    client = Client(worker.client.base_url, timeout=60)
    with ThreadPoolExecutor(1) as threads:
        importing = threads.submit(client.request, "POST", "/api/configs/import", fleet, NDJSON)
        fetched = [client.get(DEVICE).status]
        while not importing.done():
            fetched.append(client.get(DEVICE).status)
        answer = importing.result()

    assert (200, 20_000) == (answer.status, answer.json()["new"])
    assert {200, 404} >= set(fetched)
    # One request would only show that the import ends.
    assert len(fetched) > 10
    assert 200 == client.get(DEVICE).status
    assert (20_000,) * 4 == stored(database_url)


class _Writers:
    """Single writers that write until they are stopped, and record their answers."""

    def __init__(self, client: Client, devices: int) -> None:
        self._client = client
        self._devices = devices
        self._finished = Event()
        self.acknowledged: list[tuple[str, int, str]] = []
        self.others: list[Answer] = []

    def write(self, writer: int) -> None:
        value = 0
        while not self._finished.is_set():
            value += 1
            address = str(mac((value * 7 + writer) % self._devices))
            content = f'{{"by": {writer}, "value": {value}}}'
            path = f"/api/configs/by-mac/{address}"
            answer = self._client.send_json("PUT", path, {"content": content})
            if answer.status in (200, 201):
                self.acknowledged.append((address, answer.json()["revision"], content))
            else:
                self.others.append(answer)

    def finish(self) -> None:
        self._finished.set()


def test_writers_and_bulk_writes_of_the_same_devices(
    database_url: str, start_serve: Callable[..., Serve], tmp_path: Path
) -> None:
    """Four writers, two imports and two patches run without a deadlock or a lost change."""
    devices = 500
    serve = start_serve(database_url, workers=3)
    fleets = [write_fleet(tmp_path / f"{n}.ndjson", devices, f"bulk {n}") for n in range(3)]
    env = environment(database_url)
    CommandLine(env).ok("import", str(fleets[0]))
    writers = _Writers(serve.client, devices)

    def over_http(path: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        answer = serve.client.request("POST", f"/api/configs/{path}", body, headers)
        return answer.status, answer.body.decode()

    def by_command(*arguments: str) -> tuple[int, str]:
        ended = run_command(*arguments, env=env)
        return ended.returncode, ended.stdout.decode() + ended.stderr.decode()

    with ThreadPoolExecutor(8) as threads:
        writing = [threads.submit(writers.write, number) for number in range(4)]
        try:
            wait_until(lambda: len(writers.acknowledged) > 20, "writers write")
            bulk: list[Future[tuple[int, str]]] = [
                threads.submit(over_http, "import?on_conflict=replace", fleets[1].read_bytes(), NDJSON),
                threads.submit(by_command, "import", str(fleets[2]), "--on-conflict", "replace"),
                threads.submit(
                    over_http,
                    "patch?keep_going=true",
                    b'{"all": true, "merge": {"http": true}}',
                    {"Content-Type": "application/json"},
                ),
                threads.submit(by_command, "patch", "--all", "--keep-going", "--merge", '{"cli": 1}'),
            ]
            outcomes = [one.result() for one in bulk]
            assert [200, 0, 200, 0] == [status for status, _ in outcomes], outcomes
        finally:
            writers.finish()
        for one in writing:
            one.result()

    history = {
        (address, revision): content
        for address, revision, content in rows(
            database_url, "SELECT mac_address, revision, content FROM revisions"
        )
    }
    assert [] == [answer.body for answer in writers.others]
    assert [] == [one for one in writers.acknowledged if history.get(one[:2]) != one[2]]
    assert {} == inconsistencies(database_url)
    assert [(devices,)] == rows(database_url, "SELECT count(*) FROM configs")
    assert "Traceback" not in serve.output()


def test_a_patch_completes_despite_writers(database_url: str, worker: Serve, tmp_path: Path) -> None:
    """It is all or nothing; a config that was changed meanwhile is patched in its new state."""
    devices = 2000
    fleet = write_fleet(tmp_path / "fleet.ndjson", devices)
    CommandLine(environment(database_url)).ok("import", str(fleet))
    writers = _Writers(worker.client, devices)
    with ThreadPoolExecutor(1) as threads:
        writing = threads.submit(writers.write, 0)
        try:
            wait_until(lambda: writers.acknowledged, "the writer writes")
            patched = worker.client.send_json(
                "POST", "/api/configs/patch", {"all": True, "merge": {"patched": True}}
            )
        finally:
            writers.finish()
        writing.result()

    assert 200 == patched.status, patched.json()["error"]
    assert (devices, True) == (patched.json()["changed"], patched.json()["stored"])
    assert {} == inconsistencies(database_url)
