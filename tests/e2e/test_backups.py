"""A backup of a running service, and the service that is restored from it."""

from __future__ import annotations

import sqlite3
import subprocess
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest

from tests.support.api import created
from tests.support.http import Client
from tests.support.postgres import create_database, drop_database, tools
from tests.support.serving import Serve, environment, run_command

ODD = '{ "deviceName" : "K\\u00fcche 😀", "n":[1.10,1E2,-0] }\r\n'
BUSY = "02:00:00:00:00:ff"


@pytest.fixture
def restored_url(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[str]:
    """The target of the restore: an empty database of the same kind."""
    if database_url.startswith("sqlite"):
        yield f"sqlite:///{tmp_path / 'restored.db'}"
        return
    base: str = request.getfixturevalue("postgres_base_url")
    name = f"iotconfig_{uuid.uuid4().hex}"
    yield create_database(base, name)
    drop_database(base, name)


def back_up_and_restore(source: str, target: str, directory: Path) -> None:
    """The commands of docs/operations.md, with the test's paths."""
    if source.startswith("sqlite"):
        copy = directory / "backup.db"
        assert 0 == run_command("backup", str(copy), env=environment(source)).returncode
        assert 0 == run_command("restore", str(copy), env=environment(target)).returncode
        return
    dump = directory / "iotconfig.dump"
    subprocess.run([tools() / "pg_dump", "--format=custom", f"--file={dump}", source], check=True, timeout=60)
    subprocess.run(
        [tools() / "pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", f"--dbname={target}", dump],
        check=True,
        timeout=60,
    )  # fmt: skip


def everything(client: Client) -> dict[str, bytes]:
    """The answers to devices and operators about all devices except the one with concurrent writes."""
    found = {}
    for config in client.get("/api/configs").json()["configs"]:
        if config["mac_address"] != BUSY:
            for path in (f"{config['mac_address']}.json", f"{config['id']}", f"{config['id']}/revisions"):
                answer = client.get(f"/api/configs/{path}")
                found[path] = answer.headers.get("etag", "").encode() + answer.body
    found["deleted"] = client.get("/api/deleted-configs").body
    return found


def test_a_restored_copy_has_the_state_at_its_backup(
    serve: Serve,
    database_url: str,
    restored_url: str,
    start_serve: Callable[..., Serve],
    tmp_path: Path,
) -> None:
    """Bytes, tags, ids, histories and deletions are equal, with concurrent writes; further changes work."""
    client, stop = serve.client, Event()
    first = created(client, ODD, "02:00:00:00:00:01")
    client.send_json("PUT", f"/api/configs/{first['id']}", {"content": {"deviceName": "Bath"}})
    client.send_json("POST", f"/api/configs/{first['id']}/rollback", {"revision": 1})
    gone = created(client, {"deviceName": "gone"}, "02:00:00:00:00:02")
    client.request("DELETE", f"/api/configs/{gone['id']}")
    before = everything(client)

    def keep_writing() -> int:
        count = 0
        while not stop.is_set():
            answer = client.send_json("PUT", f"/api/configs/by-mac/{BUSY}", {"content": {"n": count}})
            assert answer.status in (200, 201), answer.body
            count += 1
        return count

    with ThreadPoolExecutor(1) as threads:
        writing = threads.submit(keep_writing)
        try:
            back_up_and_restore(database_url, restored_url, tmp_path)
        finally:
            stop.set()
        assert writing.result(30)
    restored = start_serve(restored_url)

    assert ODD.encode() == restored.client.get("/api/configs/02:00:00:00:00:01.json").body
    assert before == everything(restored.client)
    changed = restored.client.send_json("PUT", f"/api/configs/{first['id']}", {"content": {"n": 4}})
    assert 4 == changed.json()["revision"]
    again = restored.client.send_json("POST", f"/api/deleted-configs/{gone['id']}/restore", {})
    assert 200 == again.status
    assert gone["id"] < created(restored.client, {})["id"]


def test_a_copy_of_the_file_alone_is_not_a_backup(
    start_serve: Callable[..., Serve], sqlite_url: str, tmp_path: Path
) -> None:
    """The last changes are in the log beside it, as the page warns."""
    serve = start_serve(sqlite_url)
    created(serve.client, {})
    copy = tmp_path / "copied.db"
    copy.write_bytes((tmp_path / "configs.db").read_bytes())

    with closing(sqlite3.connect(copy)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM configs").fetchone()
    assert 0 == count
    assert 1 == serve.client.get("/api/configs").json()["count"]


def test_a_backup_has_the_version_of_its_schema(database_url: str, restored_url: str, tmp_path: Path) -> None:
    """An old one is upgraded after the restore; a current one is up to date."""
    back_up_and_restore(database_url, restored_url, tmp_path)

    status = run_command("db-status", env=environment(restored_url))
    assert 0 == status.returncode, status.stdout
    assert b"The schema is up to date." in status.stdout
