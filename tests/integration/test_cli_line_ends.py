"""Additions of Windows tools and editors: a final line end, CRLF, a byte order mark, and UTF-16."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.command_line import CommandLine, Outcome

MAC = "02:00:00:00:00:01"
STORED = '{\n  "deviceName": "Küche",\n  "gain": 1.10\n}'
WINDOWS = STORED.replace("\n", "\r\n")
ADDED = [
    pytest.param(STORED, STORED + "\n", id="last-line-end"),
    pytest.param(STORED + "\n", STORED, id="no-last-line-end"),
    pytest.param(STORED, WINDOWS + "\r\n", id="windows"),
    pytest.param(WINDOWS, STORED + "\n", id="back-from-windows"),
    pytest.param(STORED, "\ufeff" + WINDOWS, id="byte-order-mark"),
]


def by_set(command: CommandLine, place: Path, data: bytes) -> Outcome:
    (place / "config.json").write_bytes(data)
    return command.run("config", "set", MAC, "--file", str(place / "config.json"))


def by_set_or_create(command: CommandLine, place: Path, data: bytes) -> Outcome:
    return command.run("config", "set", MAC, "-", "--create", stdin=data)


def by_directory(command: CommandLine, place: Path, data: bytes) -> Outcome:
    (place / "fleet").mkdir()
    (place / "fleet" / "020000000001.json").write_bytes(data)
    return command.run("import", str(place / "fleet"), "--on-conflict", "replace")


def by_document(command: CommandLine, place: Path, data: bytes) -> Outcome:
    mark, text = data[: data.startswith(b"\xef") * 3], data.removeprefix(b"\xef\xbb\xbf")
    document = mark + b'{"configs": [\r\n{"mac_address": "020000000001", "content": ' + text + b"}\r\n]}\r\n"
    (place / "fleet.json").write_bytes(document)
    return command.run("import", str(place / "fleet.json"), "--on-conflict", "replace")


def by_ndjson(command: CommandLine, place: Path, data: bytes) -> Outcome:
    text = data.decode("utf-8-sig")
    record = json.dumps({"mac_address": MAC, "content": text}, ensure_ascii=False)
    (place / "fleet.ndjson").write_bytes(f"\ufeff{record}\r\n".encode())
    return command.run("import", str(place / "fleet.ndjson"), "--on-conflict", "replace")


Door = Callable[[CommandLine, Path, bytes], Outcome]
DOORS = [by_set, by_set_or_create, by_directory, by_document, by_ndjson]
every_door = pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)


@pytest.fixture
def command(sqlite_url: str) -> CommandLine:
    """The command line on SQLite."""
    return CommandLine({"DATABASE_URL": sqlite_url})


@every_door
@pytest.mark.parametrize(("before", "given"), ADDED)
def test_additions_are_not_a_change(
    command: CommandLine, tmp_path: Path, door: Door, before: str, given: str
) -> None:
    """The stored bytes stay, and there is no new revision."""
    command.ok("config", "create", MAC, before)
    ended = door(command, tmp_path, given.encode())

    assert 0 == ended.status, ended.errors
    assert before.encode() == command.ok("config", "show", MAC, "--content").output
    assert 1 == command.ok("config", "show", MAC, "--json").json()["revision"]


@every_door
def test_a_change_is_stored_as_it_is_written(command: CommandLine, tmp_path: Path, door: Door) -> None:
    """Line ends are stored, a byte order mark is not."""
    command.ok("config", "create", MAC, STORED)
    ended = door(command, tmp_path, ("\ufeff" + WINDOWS.replace("1.10", "1.20") + "\r\n").encode())

    assert 0 == ended.status, ended.errors
    kept = command.ok("config", "show", MAC, "--content").output
    assert WINDOWS.replace("1.10", "1.20").encode() == kept.removesuffix(b"\r\n")


@every_door
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_refused_by_its_name(
    command: CommandLine, tmp_path: Path, door: Door, encoding: str
) -> None:
    """Windows PowerShell writes it; the error has the remedy once."""
    if door is by_document:
        (tmp_path / "fleet.json").write_bytes('{"configs": [\r\n]}'.encode(encoding))
        ended = command.run("import", str(tmp_path / "fleet.json"))
    elif door is by_ndjson:
        (tmp_path / "fleet.ndjson").write_bytes("{}\r\n{}\r\n".encode(encoding))
        ended = command.run("import", str(tmp_path / "fleet.ndjson"))
    else:
        command.ok("config", "create", MAC, STORED)
        ended = door(command, tmp_path, STORED.encode(encoding))

    assert 1 == ended.status
    assert 1 == ended.errors.count("UTF-16")
    assert "save it as UTF-8" in ended.errors
