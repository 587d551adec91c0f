"""Imports in a helper process: waiting writers, and killed processes."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.support.api import expect_problem
from tests.support.fleet_files import inconsistencies, stored, write_fleet
from tests.support.http import Answer
from tests.support.processes import command_of, descendants, is_alive
from tests.support.relaying import mac
from tests.support.serving import Serve
from tests.support.waiting import wait_until

NDJSON = {"Content-Type": "application/x-ndjson"}
COUNT = 500
DEVICE = f"/api/configs/{mac(COUNT)}.json"


@pytest.fixture
def serve(start_serve: Callable[..., Serve], sqlite_url: str) -> Serve:
    """A service with one worker, and a device to serve."""
    serve = start_serve(sqlite_url, workers=1)
    created = serve.client.send_json("PUT", f"/api/configs/by-mac/{mac(COUNT)}", {"content": {}})
    assert 201 == created.status
    return serve


@contextmanager
def _writing(url: str) -> Iterator[None]:
    """Hold SQLite's write lock."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


def _helpers(serve: Serve) -> list[int]:
    return [pid for pid in descendants(serve.process.pid) if "bulk_helper" in command_of(pid)]


def _helper(serve: Serve) -> int:
    found = wait_until(lambda: _helpers(serve), "a helper runs")
    assert found
    return found[0]


@pytest.fixture
def fleet(tmp_path: Path) -> bytes:
    """More records than a worker stores without a helper."""
    return write_fleet(tmp_path / "fleet.ndjson", COUNT).read_bytes()


def _import(serve: Serve, fleet: bytes) -> Answer:
    return serve.client.request("POST", "/api/configs/import", fleet, NDJSON)


def test_a_killed_helper(serve: Serve, sqlite_url: str, fleet: bytes) -> None:
    """Nothing is stored, the answer has the remedy, and the worker serves its devices throughout."""
    with _writing(sqlite_url), ThreadPoolExecutor(1) as threads:
        importing = threads.submit(_import, serve, fleet)
        helper = _helper(serve)
        assert 200 == serve.client.get(DEVICE).status
        os.kill(helper, signal.SIGKILL)
        refused = expect_problem(importing.result(), 503, "STORE_UNAVAILABLE")
    assert "Either all of them were stored, or none" in refused["error"]
    assert "Retry-After" in str(importing.result().headers).title()
    assert (1, 1, 1, 1) == stored(sqlite_url)
    again = _import(serve, fleet)
    assert (200, COUNT) == (again.status, again.json()["new"]), again.body
    assert {} == inconsistencies(sqlite_url)


def test_a_helper_ends_with_its_worker(serve: Serve, sqlite_url: str, fleet: bytes) -> None:
    """The result could not be returned, so the helper stores nothing."""
    with _writing(sqlite_url), ThreadPoolExecutor(1) as threads:
        importing = threads.submit(_import, serve, fleet)
        helper = _helper(serve)
        os.kill(serve.worker_pids()[0], signal.SIGKILL)
        wait_until(lambda: not is_alive(helper), "the helper has ended")
        with pytest.raises(OSError, match=r".*"):
            importing.result()
    assert (1, 1, 1, 1) == stored(sqlite_url)


def test_a_stop_waits_for_a_helper(serve: Serve, sqlite_url: str, fleet: bytes) -> None:
    """A request in progress is completed, as others are."""
    with ThreadPoolExecutor(2) as threads:
        with _writing(sqlite_url):
            importing = threads.submit(_import, serve, fleet)
            _helper(serve)
            stopping = threads.submit(serve.stop)
            wait_until(lambda: _is_closed(serve), "the worker takes no more")
        answer = importing.result()
    assert (200, COUNT) == (answer.status, answer.json()["new"]), answer.body
    assert 0 == stopping.result()
    assert {} == inconsistencies(sqlite_url)


def _is_closed(serve: Serve) -> bool:
    try:
        serve.client.get("/api/health/live")
    except OSError:
        return True
    return False


def test_a_writer_that_waits_too_long(
    start_serve: Callable[..., Serve], sqlite_url: str, fleet: bytes
) -> None:
    """During a long transaction, each writer gets the outcome, and the seconds until the next attempt."""
    serve = start_serve(sqlite_url, workers=1, IOTCONFIG_DB_LOCK_TIMEOUT="0.2")
    with _writing(sqlite_url):
        refused = [
            serve.client.send_json("PUT", f"/api/configs/by-mac/{mac(1)}", {"content": {}}),
            _import(serve, fleet),
        ]
    for answer in refused:
        problem = expect_problem(answer, 503, "STORE_UNAVAILABLE")
        assert problem["error"].endswith("Nothing was stored: try again.")
        assert answer.headers["retry-after"].isdigit()
    assert (0, 0, 0, 0) == stored(sqlite_url)


def test_the_environment_of_a_helper_has_no_secret(
    start_serve: Callable[..., Serve], sqlite_url: str, tmp_path: Path, fleet: bytes
) -> None:
    """The database URL is in an unnamed file; other secrets of the worker are not passed on."""
    file = tmp_path / "url"
    file.write_text(sqlite_url)
    file.chmod(0o600)
    secrets = {
        "IOTCONFIG_SECRET_KEY": "k" * 40,
        "IOTCONFIG_METRICS_TOKEN": "m" * 40,
        "MQTT_PASSWORD": "p" * 40,
    }
    serve = start_serve(sqlite_url, workers=1, DATABASE_URL="", DATABASE_URL_FILE=str(file), **secrets)
    with ThreadPoolExecutor(1) as threads:
        with _writing(sqlite_url):
            importing = threads.submit(_import, serve, fleet)
            helper = Path("/proc") / str(_helper(serve))
            shown = (helper / "environ").read_text() + (helper / "cmdline").read_text()
        assert 200 == importing.result().status
    assert "IOTCONFIG_DB_POOL_SIZE=1" in shown
    assert [] == [
        secret for secret in (sqlite_url, "DATABASE_URL", *secrets, *secrets.values()) if secret in shown
    ]
