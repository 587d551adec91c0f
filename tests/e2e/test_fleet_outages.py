"""PostgreSQL goes away in the middle of an import, a patch or an export."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from iotconfig.adapters.sql.engine.url import DatabaseUrl
from iotconfig.adapters.sql.migrations import Migrations
from tests.support.api import expect_problem
from tests.support.crowd import together
from tests.support.fleet_files import (
    ANY,
    WAITS,
    inconsistencies,
    locked,
    sessions,
    started,
    stored,
)
from tests.support.postgres import PostgresServer, create_database
from tests.support.serving import Serve, environment, run_command
from tests.support.waiting import wait_until

PATCH = '{"patched": true}'


@pytest.fixture
def own_url(own_postgres: PostgresServer) -> str:
    """A database with the current schema, on a server of the test's own."""
    url = create_database(own_postgres.base_url, "iotconfig")
    Migrations(DatabaseUrl.parse(url)).upgrade()
    return url


_OUTAGES = [
    # How the server goes, and which table's lock is waited for then. A new row in pg_class is a temporary table.
    pytest.param("immediate", "pg_class", id="crash-before-storing"),
    pytest.param("immediate", "revisions", id="crash-while-storing"),
    pytest.param("fast", "revisions", id="stop-while-storing"),
]


@contextmanager
def _outage(server: PostgresServer, url: str, mode: str, table: str, lock: str) -> Iterator[None]:
    """The block's work meets a lock, so that it cannot end, and in place of it the end of the server."""

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
def test_a_command_whose_server_goes_says_so(
    own_postgres: PostgresServer, own_url: str, any_fleet: Path, tmp_path: Path, mode: str, written: str
) -> None:
    """Import, patch and export end with 1 and one line; nothing is stored or written, and they work afterwards."""
    env = environment(own_url)
    target = tmp_path / "out.ndjson"
    done = (0, 0, 0, 0)
    for arguments, after, table, lock in (
        (("import", str(any_fleet)), (ANY, ANY, ANY, ANY), written, "SHARE"),
        (("patch", "--all", "--merge", PATCH), (ANY, 2 * ANY, ANY, ANY), written, "SHARE"),
        (("export", str(target)), (ANY, 2 * ANY, ANY, ANY), "configs", "ACCESS EXCLUSIVE"),
    ):
        with _outage(own_postgres, own_url, mode, table, lock):
            ended = run_command(*arguments, env=env)
        assert (1, 1) == (ended.returncode, ended.stderr.count(b"\n")), ended.stderr.decode()
        assert ended.stderr.startswith(b"Error: The database cannot be reached"), ended.stderr
        assert done == stored(own_url), arguments
        assert [] == [path for path in tmp_path.iterdir() if path != any_fleet]
        again = run_command(*arguments, env=env)
        assert 0 == again.returncode, again.stderr.decode()
        assert after == stored(own_url)
        done = after
    assert {} == inconsistencies(own_url)
    assert ANY == target.read_bytes().count(b"\n")


@pytest.mark.parametrize(("mode", "written"), _OUTAGES)
def test_a_request_whose_server_goes_gets_503(
    own_postgres: PostgresServer,
    own_url: str,
    any_fleet: Path,
    start_serve: Callable[..., Serve],
    mode: str,
    written: str,
) -> None:
    """Import, patch and export are answered with 503; nothing is stored, and the same workers serve afterwards."""
    serve = start_serve(own_url)
    client = serve.client
    pids = serve.pids()
    ndjson = {"Content-Type": "application/x-ndjson"}
    json = {"Content-Type": "application/json"}
    patch = b'{"match": "", "merge": {"patched": true}}'
    done = (0, 0, 0, 0)
    for method, path, body, headers, after, table, lock in (
        ("POST", "import", any_fleet.read_bytes(), ndjson, (ANY, ANY, ANY, ANY), written, "SHARE"),
        ("POST", "patch", patch, json, (ANY, 2 * ANY, ANY, ANY), written, "SHARE"),
        ("GET", "export", None, {}, (ANY, 2 * ANY, ANY, ANY), "configs", "ACCESS EXCLUSIVE"),
    ):
        with _outage(own_postgres, own_url, mode, table, lock):
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
    assert "Traceback" not in serve.output()


def test_an_export_that_loses_its_server_midway_leaves_nothing(
    own_postgres: PostgresServer, own_url: str, fleet: Path, tmp_path: Path
) -> None:
    """Half of the records are written when the server crashes: no file is left, under no name."""
    env = environment(own_url)
    assert 0 == run_command("import", str(fleet), env=env).returncode
    target = tmp_path / "out.ndjson"
    with started(own_url, "export", str(target)) as command:
        wait_until(
            lambda: [part for part in tmp_path.glob(".out.*.part") if part.stat().st_size], "it writes"
        )
        command.send_signal(signal.SIGSTOP)
        own_postgres.stop("immediate")
        command.send_signal(signal.SIGCONT)
        _, errors = command.communicate(timeout=30)
    own_postgres.start()

    assert (1, 1) == (command.returncode, errors.count(b"\n")), errors.decode()
    assert [fleet] == list(tmp_path.iterdir())
    assert 0 == run_command("export", str(target), env=env).returncode
    assert fleet.read_bytes() == target.read_bytes()
