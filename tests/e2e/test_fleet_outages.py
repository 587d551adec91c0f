"""PostgreSQL fails during an import, a patch or an export."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from iotconfig.adapters.sql.engine.url import DatabaseUrl
from iotconfig.adapters.sql.migrations import Migrations
from iotconfig.testing.simultaneous import together
from tests.support.api import expect_problem
from tests.support.command_line import CommandLine
from tests.support.fleet_files import (
    ANY,
    WAITS,
    inconsistencies,
    locked,
    sessions,
    stored,
)
from tests.support.postgres import PostgresServer, create_database
from tests.support.processes import is_stopped
from tests.support.schema import execute
from tests.support.serving import Serve, environment, run_command
from tests.support.waiting import wait_until

PATCH = '{"patched": true}'


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A server that each test stops and starts."""
    server = PostgresServer()
    yield server
    server.close()


@pytest.fixture(scope="module")
def _url(server: PostgresServer) -> str:
    url = create_database(server.base_url, "iotconfig")
    Migrations(DatabaseUrl.parse(url)).upgrade()
    return url


@pytest.fixture
def own_url(_url: str) -> str:
    """A database with the current schema and no rows on the module's server."""
    execute(_url, "TRUNCATE configs, documents, revisions, revision_counters, notifications")
    return _url


@pytest.fixture(scope="module")
def serve(_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """A service on that database, which continues after each outage."""
    with Serve(_url, tmp_path_factory.mktemp("serve") / "serve.log", workers=2) as serve:
        yield serve
        assert "Traceback" not in serve.output()


_OUTAGES = [
    # How the server ends, and the table whose lock the work awaits. A new row in pg_class is a temporary table.
    pytest.param("immediate", "pg_class", id="crash-before-storing"),
    pytest.param("immediate", "revisions", id="crash-while-storing"),
    pytest.param("fast", "revisions", id="stop-while-storing"),
]


@contextmanager
def _outage(server: PostgresServer, url: str, mode: str, table: str, lock: str) -> Iterator[None]:
    """The block's work waits for a lock until the server ends."""

    def end() -> None:
        wait_until(lambda: sessions(url, WAITS), f"it waits for {table}")
        server.stop(mode)

    with locked(url, table, lock), ThreadPoolExecutor(1) as threads:
        ended = threads.submit(end)
        try:
            yield
        finally:
            ended.result()
            server.start()


@pytest.mark.parametrize(("mode", "written"), _OUTAGES)
def test_commands_report_the_loss_of_the_server(
    server: PostgresServer, own_url: str, any_fleet: Path, tmp_path: Path, mode: str, written: str
) -> None:
    """Import, patch and export exit with 1 and one line; nothing is stored or written, and they work afterwards."""
    env = environment(own_url)
    command_line = CommandLine(env)
    target = tmp_path / "out.ndjson"
    done = (0, 0, 0, 0)
    for arguments, after, table, lock in (
        (("import", str(any_fleet)), (ANY, ANY, ANY, ANY), written, "SHARE"),
        (("patch", "--all", "--merge", PATCH), (ANY, 2 * ANY, ANY, ANY), written, "SHARE"),
        (("export", str(target)), (ANY, 2 * ANY, ANY, ANY), "configs", "ACCESS EXCLUSIVE"),
    ):
        with _outage(server, own_url, mode, table, lock):
            ended = run_command(*arguments, env=env)
        assert (1, 1) == (ended.returncode, ended.stderr.count(b"\n")), ended.stderr.decode()
        assert ended.stderr.startswith(b"Error: The database cannot be reached"), ended.stderr
        assert done == stored(own_url), arguments
        assert [] == [path for path in tmp_path.iterdir() if path != any_fleet]
        command_line.ok(*arguments)
        assert after == stored(own_url)
        done = after
    assert {} == inconsistencies(own_url)
    assert ANY == target.read_bytes().count(b"\n")


@pytest.mark.parametrize(("mode", "written"), _OUTAGES)
def test_requests_get_503_at_the_loss_of_the_server(
    server: PostgresServer,
    own_url: str,
    any_fleet: Path,
    serve: Serve,
    mode: str,
    written: str,
) -> None:
    """Import, patch and export store nothing, and the same workers serve afterwards."""
    client = serve.client
    pids = serve.pids()
    ndjson = {"Content-Type": "application/x-ndjson"}
    json = {"Content-Type": "application/json"}
    patch = b'{"all": true, "merge": {"patched": true}}'
    done = (0, 0, 0, 0)
    for method, path, body, headers, after, table, lock in (
        ("POST", "import", any_fleet.read_bytes(), ndjson, (ANY, ANY, ANY, ANY), written, "SHARE"),
        ("POST", "patch", patch, json, (ANY, 2 * ANY, ANY, ANY), written, "SHARE"),
        ("GET", "export", None, {}, (ANY, 2 * ANY, ANY, ANY), "configs", "ACCESS EXCLUSIVE"),
    ):
        with _outage(server, own_url, mode, table, lock):
            refused = client.request(method, f"/api/configs/{path}", body, headers)
        expect_problem(refused, 503, "STORE_UNAVAILABLE")
        assert done == stored(own_url), path
        wait_until(
            lambda: {200} == {a.status for a in together(8, lambda _: client.get("/api/health"))},
            "all workers recover",
        )
        again = client.request(method, f"/api/configs/{path}", body, headers)
        assert 200 == again.status, again.body
        assert after == stored(own_url)
        done = after
    assert {} == inconsistencies(own_url)
    assert pids == serve.pids()


def test_an_export_that_loses_its_server_midway_leaves_nothing(
    server: PostgresServer, own_url: str, small_fleet: Path, tmp_path: Path
) -> None:
    """The server crashes after some records: no file is left under any name."""
    command_line = CommandLine(environment(own_url))
    command_line.ok("import", str(small_fleet))
    target = tmp_path / "out.ndjson"
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.struck_command", "stopped-export", "export", str(target)],
        env=environment(own_url),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as exporting:
        wait_until(lambda: is_stopped(exporting.pid), "it has stopped itself")
        server.stop("immediate")
        exporting.send_signal(signal.SIGCONT)
        _, errors = exporting.communicate(timeout=60)
    server.start()

    assert (1, 1) == (exporting.returncode, errors.count(b"\n")), errors.decode()
    assert [small_fleet] == list(tmp_path.iterdir())
    command_line.ok("export", str(target))
    assert small_fleet.read_bytes() == target.read_bytes()
