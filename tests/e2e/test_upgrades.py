"""An upgrade that only adds to the schema: the old version serves during it, and beside the new version."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.http import Answer, Client
from tests.support.next_version import NextVersion
from tests.support.schema import execute, snapshot
from tests.support.serving import COMMAND, Serve, environment, run_command
from tests.support.waiting import wait_until

StartServe = Callable[..., Serve]
MAC = "02:00:00:00:00:01"


@pytest.fixture
def newer(tmp_path: Path) -> NextVersion:
    """A version with one more migration."""
    return NextVersion.below(tmp_path)


def put(client: Client, value: int, mac: str = MAC) -> Answer:
    return client.send_json("PUT", f"/api/configs/by-mac/{mac}", {"content": {"value": value}})


def upgraded(url: str, newer: NextVersion) -> None:
    newer.go_on()
    ended = run_command("upgrade-db", env=environment(url, PYTHONPATH=newer.python_path))
    assert 0 == ended.returncode, ended.stderr
    assert b"Applied migration 9999" in ended.stdout


def test_a_failed_upgrade_changes_nothing(database_url: str, newer: NextVersion) -> None:
    """A new table has the name of another program's table: nothing is changed, and a later upgrade succeeds."""
    execute(database_url, "CREATE TABLE shelves (song VARCHAR(20))")
    before = snapshot(database_url)
    newer.go_on()
    failed = run_command("upgrade-db", env=environment(database_url, PYTHONPATH=newer.python_path))

    assert (1, 1) == (failed.returncode, failed.stderr.count(b"\n"))
    assert before == snapshot(database_url)
    execute(database_url, "DROP TABLE shelves")
    upgraded(database_url, newer)


def test_the_old_version_serves_during_and_beside_the_new_one(
    serve: Serve, database_url: str, newer: NextVersion, start_serve: StartServe
) -> None:
    """While the schema is changed, requests are answered late, but successfully.

    Then the old version replaces its workers, but does not start anew. Each version reads the other's changes, and
    none is lost; then the old one is stopped.
    """
    old = serve.client
    assert 201 == put(old, 0).status
    env = environment(database_url, PYTHONPATH=newer.python_path)
    with subprocess.Popen([COMMAND, "upgrade-db"], env=env, stdout=subprocess.PIPE) as upgrade:
        newer.wait_altered()
        with ThreadPoolExecutor(8) as threads:
            writes = [threads.submit(put, old, n + 1) for n in range(4)]
            fetches = [threads.submit(old.get, f"/api/configs/{MAC}.json") for _ in range(4)]
            newer.go_on()
            answers = [answer.result(60) for answer in (*writes, *fetches)]
        said, _ = upgrade.communicate(timeout=60)

    assert [200] * 8 == [answer.status for answer in answers]
    assert 5 == old.get("/api/configs").json()["configs"][0]["revision"]
    assert 0 == upgrade.returncode
    assert b"Applied migration 9999" in said

    before = set(serve.worker_pids())
    serve.process.send_signal(signal.SIGHUP)
    wait_until(
        lambda: len(serve.worker_pids()) == len(before) and not before & set(serve.worker_pids()),
        "new workers",
    )
    assert 200 == put(old, 5).status
    refused = run_command("serve", "--port", "0", env=environment(database_url))
    assert 1 == refused.returncode
    assert b"9999, which this version does not know: a newer version has upgraded it" in refused.stderr

    new = start_serve(database_url, PYTHONPATH=newer.python_path).client
    for number in range(6):
        assert 200 == put((old, new)[number % 2], number).status
    seen = [client.get(f"/api/configs/{MAC}.json").json() for client in (old, new)]
    assert 0 == serve.stop()

    assert [{"value": 5}] * 2 == seen
    assert 13 == put(new, 6).json()["revision"]
    config_id = new.get("/api/configs").json()["configs"][0]["id"]
    assert 13 == len(new.get(f"/api/configs/{config_id}/revisions").json()["revisions"])


def test_a_new_version_does_not_start_before_the_upgrade(postgres_url: str, newer: NextVersion) -> None:
    """This holds on PostgreSQL; on SQLite the start upgrades."""
    refused = run_command("serve", "--port", "0", env=environment(postgres_url, PYTHONPATH=newer.python_path))

    assert 1 == refused.returncode
    assert b"run 'iotconfig upgrade-db'" in refused.stderr
