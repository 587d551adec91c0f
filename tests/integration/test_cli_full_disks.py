"""`backup`, `restore` and `export` on a disk that is full: nothing is lost or left half, and one line says what to do."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from faults.small_disk import SmallDisk

from tests.support.command_line import CommandLine
from tests.support.serving import COMMAND, environment

_MAC = "02:ab:cd:ef:01:02"
_PAGES = 64 * 1024
"""Less than a database has, and more than SQLite needs to open one."""

_WAY_OUT = "ree some space there, and try again."


def _on(path: Path) -> CommandLine:
    return CommandLine({"DATABASE_URL": f"sqlite:///{path}"})


def _tree(directory: Path) -> dict[str, bytes]:
    """The files in a directory, without those that SQLite makes to open a database, and without the ballast."""
    files = {path.relative_to(directory): path for path in directory.rglob("*") if path.is_file()}
    return {
        str(name): path.read_bytes()
        for name, path in files.items()
        if path.suffix not in (".db-shm", ".db-wal") and name.name != "ballast"
    }


def _refusal(command: CommandLine, *arguments: str) -> str:
    outcome = command.run(*arguments)
    assert (1, "", 1) == (outcome.status, outcome.text, outcome.errors.count("\n")), outcome.errors
    return outcome.errors


@pytest.mark.parametrize(
    "arguments",
    [
        ("config", "list"), ("config", "list", "--json"), ("config", "show", "1", "--content"), ("config", "show", "1"),
        ("export", "-"), ("token", "create", "ci", "--role", "admin"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_output_to_a_file_on_a_full_disk(sqlite_url: str, arguments: tuple[str, ...]) -> None:
    """The error names standard output, and no number. A token that was not shown is revoked."""
    command = CommandLine({"DATABASE_URL": sqlite_url})
    command.ok("config", "create", _MAC, '{"n": 1}')
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [COMMAND, *arguments],
            env=environment(sqlite_url),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )

    assert (1, f"Error: Standard output cannot be used: No space left on device. F{_WAY_OUT}\n") == (
        ended.returncode,
        ended.stderr,
    )
    tokens = command.ok("token", "list", "--json").json()["tokens"]
    assert [] == [token for token in tokens if token["state"] == "active"]


@pytest.fixture
def database(_sqlite_template: Path, disk: SmallDisk) -> Path:
    """A database on the disk, whose config is another than in its backup elsewhere."""
    path = disk.path / "configs.db"
    shutil.copy(_sqlite_template, path)
    command = _on(path)
    command.ok("config", "create", _MAC, '{"n": 1}')
    command.ok("backup", str(disk.path.parent / "copy.db"))
    command.ok("config", "set", _MAC, '{"n": 2}')
    return path


def _copy_size(database: Path) -> int:
    return database.stat().st_size


@pytest.mark.parametrize(
    "stage", ["nothing", "the-copy-begins", "the-copy-is-complete", "the-database-is-opened"]
)
def test_a_restore(disk: SmallDisk, database: Path, stage: str) -> None:
    """Wherever it has no room: the database is as before, and there is no other file. With room, it succeeds."""
    command = _on(database)
    copy = str(disk.path.parent / "copy.db")
    # Opening the database takes 32 KiB, and its copy as many bytes as it has.
    room = {
        "nothing": 0,
        "the-copy-begins": _PAGES,
        "the-copy-is-complete": _copy_size(database),
        "the-database-is-opened": _copy_size(database) + 20_000,
    }
    before = _tree(disk.path)
    disk.fill(room[stage])

    refusal = _refusal(command, "restore", copy)

    assert f"The disk of {disk.path} is full. Nothing was changed: f{_WAY_OUT}" in refusal
    assert before == _tree(disk.path)
    disk.free()
    assert b'{"n": 2}' == command.ok("config", "show", _MAC, "--content").output
    command.ok("restore", copy)
    assert b'{"n": 1}' == command.ok("config", "show", _MAC, "--content").output


def test_a_backup(disk: SmallDisk, sqlite_url: str) -> None:
    """The error has the directory of the copy: the database is on another disk."""
    disk.fill(_PAGES)

    refusal = _refusal(CommandLine({"DATABASE_URL": sqlite_url}), "backup", str(disk.path / "copy.db"))

    assert f"The disk of {disk.path} is full. Nothing was changed: f{_WAY_OUT}" in refusal
    assert {} == _tree(disk.path)


def test_a_database_that_cannot_be_opened(disk: SmallDisk, database: Path) -> None:
    """SQLite needs a little space even for a reader; the error says so, whatever the command is."""
    disk.fill()
    for arguments in (["config", "show", _MAC], ["backup", str(disk.path.parent / "other.db")]):
        refusal = _refusal(_on(database), *arguments)
        assert "The disk of the database is full, so that it cannot be opened: free some space" in refusal
        assert str(database) in refusal


@pytest.mark.parametrize(
    "arguments", [["fleet.ndjson"], ["fleet"], ["--into", "fleet"]], ids=["records", "directory", "update"]
)
def test_an_export(disk: SmallDisk, sqlite_url: str, arguments: list[str]) -> None:
    """What an earlier export wrote stays as it is; where there was none, there is nothing."""
    command = CommandLine({"DATABASE_URL": sqlite_url})
    command.ok("config", "create", _MAC, json.dumps({"n": 1, "text": "x" * 100_000}))
    target = disk.path / arguments[-1]
    given = [*arguments[:-1], str(target)]
    is_kept = arguments != ["fleet"]
    if is_kept:
        command.ok("export", *given)
    before = _tree(disk.path)
    command.ok("config", "patch", _MAC, '{"n": 2}')
    disk.fill(_PAGES)

    refusal = _refusal(command, "export", *given)

    assert f"{target} cannot be used: No space left on device. F{_WAY_OUT}" in refusal
    assert before == _tree(disk.path)
    assert is_kept == target.exists()
    disk.free()
    command.ok("export", *given)
    assert before != _tree(disk.path)
