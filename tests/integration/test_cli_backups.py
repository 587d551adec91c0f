"""`iotconfig backup` and `restore`: SQLite while it is used, refusals, and the tools of PostgreSQL."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event
from typing import Any
from unittest import mock

import pytest
from sqlalchemy import make_url

from iotconfig import open_service
from tests.support.command_line import CommandLine, Outcome

MAC = "02:ab:cd:ef:01:02"


@pytest.fixture
def path(sqlite_url: str) -> Path:
    """The file of the database."""
    return Path(str(make_url(sqlite_url).database))


@pytest.fixture
def command(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """The command line on a database with one config, in its directory."""
    monkeypatch.chdir(tmp_path)
    command = CommandLine({"DATABASE_URL": sqlite_url})
    command.ok("config", "create", MAC, '{ "n":1.10 }')
    return command


def content(command: CommandLine) -> bytes:
    return command.ok("config", "show", MAC, "--content").output


def assert_refused(outcome: Outcome, *phrases: str) -> None:
    """Check for one line that contains all of these."""
    assert (1, "", 1) == (outcome.status, outcome.text, outcome.errors.count("\n")), outcome.errors
    assert [] == [phrase for phrase in phrases if phrase not in outcome.errors], outcome.errors


def test_a_backup_is_restored(command: CommandLine, path: Path) -> None:
    """The database is as at the backup; the replaced file is kept, and has what it had, the log included."""
    command.ok("backup", "copy.db")
    command.ok("config", "set", MAC, '{"n": 2}')
    said = command.ok("restore", "copy.db").text

    assert b'{ "n":1.10 }' == content(command)
    (kept,) = path.parent.glob(f"{path.name}.2*")
    assert f"The replaced file is kept as {kept}\n" in said
    with closing(sqlite3.connect(kept)) as connection:
        assert [('{"n": 2}',)] == connection.execute("SELECT content FROM configs").fetchall()
    assert [] == list(path.parent.glob(".iotconfig-*"))
    assert 2 == command.ok("config", "set", MAC, '{"n": 3}', "--json").json()["revision"]


def test_a_copy_is_on_disk_before_it_has_its_name(command: CommandLine, path: Path) -> None:
    """After a loss of power, a backup is whole or not there, and the database is the former or the restored one."""
    steps: list[str] = []
    sync, link, replace = os.fsync, os.link, os.replace

    def fsync(descriptor: int) -> None:
        steps.append("directory" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "copy")
        sync(descriptor)

    def noted(name: str, call: Callable[..., None]) -> Callable[..., None]:
        def note(*given: Any, **more: Any) -> None:
            steps.append(name)
            call(*given, **more)

        return note

    with (
        mock.patch.object(os, "fsync", fsync),
        mock.patch.object(os, "link", noted("link", link)),
        mock.patch.object(os, "replace", noted("replace", replace)),
    ):
        command.ok("backup", "copy.db")
        backed_up, steps = steps, []
        command.ok("restore", "copy.db")

    assert ["copy", "link", "directory"] == backed_up
    assert ["copy", "link", "replace", "directory"] == steps
    assert b'{ "n":1.10 }' == content(command)


def test_nobody_opens_a_database_while_it_is_replaced(command: CommandLine, path: Path) -> None:
    """What another process wrote between the check and the replacement would be lost."""
    command.ok("backup", "copy.db")
    link, refused = os.link, list[str]()

    def try_it(source: Path, target: Path) -> None:
        program = (
            "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=0).execute('PRAGMA user_version')"
        )
        ended = subprocess.run(
            [sys.executable, "-c", program, str(path)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        refused.extend(ended.stderr.splitlines()[-1:])
        link(source, target)

    with mock.patch.object(os, "link", try_it):
        command.ok("restore", "copy.db")

    assert ["sqlite3.OperationalError: database is locked"] == refused


def test_a_backup_while_others_write(command: CommandLine, sqlite_url: str) -> None:
    """It is one complete file that only its owner can read, with the state at one moment."""
    stop = Event()
    with open_service(sqlite_url) as service, ThreadPoolExecutor(1) as threads:

        def keep_writing() -> int:
            number = 0
            while not stop.is_set():
                number += 1
                for device in (3, 4):
                    service.configs.put(f"02:ab:cd:ef:01:{device:02}", {"n": number})
            return number

        writing = threads.submit(keep_writing)
        try:
            command.ok("backup", "copy.db")
        finally:
            stop.set()
        assert writing.result(30) > 0
    copy = Path("copy.db")
    assert 0o600 == stat.S_IMODE(copy.stat().st_mode)
    with closing(sqlite3.connect(copy)) as connection:
        assert [("ok",)] == connection.execute("PRAGMA integrity_check").fetchall()
        assert [(0,)] == connection.execute(
            "SELECT count(*) FROM configs c WHERE revision <> (SELECT max(revision) FROM revisions r WHERE r.config_id = c.id)"
        ).fetchall()
    assert [copy] == list(Path().glob("copy.db*"))


def test_a_backup_has_a_dated_name(command: CommandLine, path: Path, tmp_path: Path) -> None:
    """By default in the working directory, or in one that is named."""
    (tmp_path / "kept").mkdir()
    command.ok("backup")
    command.ok("backup", "kept")

    for directory in (tmp_path, tmp_path / "kept"):
        assert 1 == len(list(directory.glob(f"{path.stem}-20[0-9][0-9]*-[0-9]*.db")))


def test_a_backup_replaces_no_file(command: CommandLine, tmp_path: Path) -> None:
    """An existing file is left alone; a missing directory is an error of one line."""
    (tmp_path / "copy.db").write_bytes(b"mine")

    assert_refused(command.run("backup", "copy.db"), "copy.db exists already")
    assert b"mine" == (tmp_path / "copy.db").read_bytes()
    (tmp_path / "link.db").symlink_to("nowhere.db")
    assert_refused(command.run("backup", "link.db"), "link.db exists already")
    assert_refused(command.run("backup", "missing/copy.db"), "Error: missing cannot be used: No such file")
    assert 2 == command.run("backup", "-").status
    assert ["configs.db", "copy.db", "link.db"] == sorted(
        file.name for file in tmp_path.iterdir() if file.suffix == ".db"
    )


def test_a_database_in_use_is_not_restored(command: CommandLine, sqlite_url: str, path: Path) -> None:
    """While another connection is open, nothing is replaced, and the refusal says what to do."""
    command.ok("backup", "copy.db")
    command.ok("config", "set", MAC, '{"n": 2}')
    with open_service(sqlite_url) as service:
        service.configs.get_by_mac(MAC)
        assert_refused(
            command.run("restore", "copy.db"), f"Another process has {path} open", "stop the service"
        )
        assert '{"n": 2}' == service.configs.get_by_mac(MAC).content.text
    assert [] == list(path.parent.glob(f"{path.name}.2*"))
    command.ok("restore", "copy.db")


@pytest.mark.parametrize("damage", [b"", b"no database", b"SQLite format 3\0" + b"x" * 5000])
def test_what_is_no_backup_is_not_restored(command: CommandLine, damage: bytes) -> None:
    """Other files, and SQLite databases without our tables, are refused; the database stays."""
    Path("other.db").write_bytes(damage)
    assert_refused(command.run("restore", "other.db"), "other.db")
    assert_refused(command.run("restore", "missing.db"), "There is no file missing.db.")
    with closing(sqlite3.connect("foreign.db")) as connection:
        connection.execute("CREATE TABLE things (id INTEGER)")
    assert_refused(command.run("restore", "foreign.db"), "foreign.db is no database of iotconfig.")
    assert b'{ "n":1.10 }' == content(command)


def test_a_backup_of_a_newer_version_is_not_restored(command: CommandLine) -> None:
    """A schema that this version does not know is refused."""
    command.ok("backup", "copy.db")
    with closing(sqlite3.connect("copy.db")) as connection:
        connection.execute("UPDATE iotconfig_version SET version_num = '9999'")
        connection.commit()

    assert_refused(command.run("restore", "copy.db"), "schema 9999", "does not know")


def test_a_damaged_or_missing_database_is_restored(command: CommandLine, path: Path) -> None:
    """Its files are kept aside, so that no log of it is applied to the backup."""
    command.ok("backup", "copy.db")
    path.write_bytes(b"damaged" * 1000)
    Path(f"{path}-wal").write_bytes(b"of the damaged file")
    command.ok("restore", "copy.db")

    assert b'{ "n":1.10 }' == content(command)
    kept = {file.name for file in path.parent.glob(f"{path.name}.2*")}
    assert 1 == len({name for name in kept if name.endswith("-wal")}), kept
    path.unlink()
    assert "kept" not in command.ok("restore", "copy.db").text
    assert b'{ "n":1.10 }' == content(command)


def test_postgresql_has_tools_of_its_own(postgres_url: str) -> None:
    """The refusals have the command lines, without a password."""
    command = CommandLine({"DATABASE_URL": postgres_url})

    assert_refused(command.run("backup"), "pg_dump --format=custom --file=iotconfig.dump 'postgresql://")
    assert_refused(command.run("restore", "iotconfig.dump"), "pg_restore", "--dbname='postgresql://")
