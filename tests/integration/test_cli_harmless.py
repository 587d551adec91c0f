"""Untrusted text is escaped at a terminal by every command, and unchanged in a pipe."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.support.command_line import CommandLine, Outcome
from tests.support.hostile import HOSTILE, SPELT, assert_harmless
from tests.support.serving import environment
from tests.support.terminal import at_terminal

MAC = "02:00:00:00:00:01"
RAW = "\x7f\x9b\xad\u200b\u202e\u2066\ufeff"
"""What JSON's strings may hold as it is."""
MEMBERS = {"deviceName": f"Lamp {HOSTILE}", "deviceEntityId": f"light.{HOSTILE}", HOSTILE: [HOSTILE]}
CONTENT = json.dumps(MEMBERS, indent=1, ensure_ascii=False).replace("\n", "\r\n")


def assert_escaped(ended: Outcome) -> Outcome:
    """Except for line ends, the output has no control characters."""
    for text in (ended.text, ended.errors):
        assert_harmless(text.replace("\n", ""))
    return ended


@pytest.fixture
def command(tmp_path: Path) -> CommandLine:
    """A database with a hostile path, and a config with hostile content."""
    place = tmp_path / f"db {HOSTILE.replace('/', '')}"
    place.mkdir()
    command = CommandLine({"DATABASE_URL": f"sqlite:///{place}/x.db"})
    assert_escaped(command.ok("upgrade-db"))
    assert_escaped(command.ok("config", "create", MAC, CONTENT, "-m", HOSTILE))
    return command


@pytest.mark.parametrize(
    "arguments",
    [
        ("db-status",), ("config", "list"), ("config", "list", "--search", HOSTILE), ("config", "show", MAC),
        ("config", "history", MAC), ("config", "diff", MAC), ("notifications",), ("token", "list"),
        ("config", "set", MAC, '{"deviceName": "new"}', "--dry-run"), ("announce", MAC),
        ("patch", "--all", "--merge", json.dumps({HOSTILE: HOSTILE}), "--dry-run"),
        ("patch", "--all", "--merge", '{"enableOTA": 1}'),
        ("config", "show", HOSTILE), ("config", "show", MAC, HOSTILE), (HOSTILE,), (f"--{HOSTILE}",),
        ("config", HOSTILE), ("config", "create", HOSTILE, "{}"), ("config", "set", MAC, HOSTILE),
        ("config", "set", MAC, json.dumps({HOSTILE: 1})[:-1] + ', "enableOTA": 1}'),
        ("config", "set", MAC, "--file", f"gone {HOSTILE}"), ("config", "rollback", MAC, HOSTILE),
        ("import", f"gone {HOSTILE}"), ("export", f"gone {HOSTILE}/x.ndjson"), ("export", f"{HOSTILE}.json"),
        ("token", "create", HOSTILE, "--role", "viewer"), ("token", "create", "ci", "--role", HOSTILE),
        ("token", "revoke", HOSTILE), ("device-token", "create", HOSTILE), ("prune-history", "--keep", HOSTILE),
        ("config", "delete", MAC, "--yes", "-m", HOSTILE),
    ],
    ids=lambda arguments: " ".join(a if a.isprintable() else "…" for a in arguments)[:40],
)  # fmt: skip
def test_commands_show_invisible_characters(command: CommandLine, arguments: tuple[str, ...]) -> None:
    """This holds for names, messages, contents, paths and arguments in all kinds of output."""
    assert_escaped(command.run(*arguments))


def test_json_output_is_escaped(command: CommandLine) -> None:
    """It is valid, has the stored values, and escapes invisible characters, in content too."""
    shown = command.ok("config", "show", MAC, "--json")
    assert_harmless(shown.text.replace("\r\n", "").replace("\n", ""))
    listed = assert_escaped(command.ok("config", "list", "--json"))
    history = assert_escaped(command.ok("config", "history", MAC, "--json"))

    assert MEMBERS == shown.json()["content"]
    assert MEMBERS["deviceName"] == listed.json()["configs"][0]["device_name"]
    assert HOSTILE == history.json()["revisions"][0]["message"]
    command.ok("config", "delete", MAC, "--yes", "-m", HOSTILE)
    assert_escaped(command.ok("config", "list", "--deleted"))
    assert (
        HOSTILE
        == assert_escaped(command.ok("config", "list", "--deleted", "--json")).json()["configs"][0]["message"]
    )


def test_files_of_an_import(command: CommandLine, tmp_path: Path) -> None:
    """Any file name is escaped, including bytes that are not UTF-8."""
    fleet = tmp_path / "fleet"
    fleet.mkdir()
    (fleet / f"{HOSTILE.replace('/', '')}.json").write_text("{}")
    Path(os.fsdecode(os.fsencode(fleet) + b"/\xff\x9b.json")).write_text("{}")
    (fleet / "020000000002.json").write_text(json.dumps({HOSTILE: 1})[:-1] + ', "enableOTA": 1}')
    records = tmp_path / f"records {HOSTILE.replace('/', '')}.ndjson"
    records.write_text(json.dumps({"mac_address": HOSTILE, "content": {}}) + "\n")

    assert "\\udcff\\udc9b.json" in assert_escaped(command.run("import", str(fleet))).errors
    assert SPELT[:30] in assert_escaped(command.run("import", str(records))).errors


@pytest.mark.parametrize(
    "url",
    [f"{HOSTILE}://x", f"sqlite:///gone{HOSTILE}/x.db", f"postgresql://h/x?{HOSTILE}=1"],
    ids=["kind", "path", "parameter"],
)
def test_database_urls(url: str) -> None:
    """Each kind of error about a URL is escaped."""
    assert_escaped(CommandLine({"DATABASE_URL": url}).run("config", "list"))
    assert_escaped(CommandLine({"DATABASE_URL": url}).run("db-status"))


@pytest.mark.parametrize(
    "name", ["IOTCONFIG_LOG_LEVEL", "IOTCONFIG_AUTH", "MQTT_URL", "CORS_ORIGINS", "BASEURL"]
)
def test_settings(name: str, sqlite_url: str) -> None:
    """Quoted values of other settings are escaped."""
    assert_escaped(CommandLine({"DATABASE_URL": sqlite_url, name: HOSTILE}).run("config", "list"))


def test_documents_are_bytes_in_a_pipe_and_escaped_at_a_terminal(sqlite_url: str) -> None:
    """A program gets the exact bytes, a person JSON of the same value."""
    content = f'{{"a":\r "{RAW}"}}'
    command = CommandLine({"DATABASE_URL": sqlite_url})
    command.ok("config", "create", MAC, content)

    assert content.encode() == command.ok("config", "show", MAC, "--content").output
    assert RAW.encode() in command.ok("export", "-").output
    for arguments in (
        ["config", "show", MAC, "--content"],
        ["export", "-"],
        ["config", "show", MAC, "--json"],
    ):
        shown = at_terminal(*arguments, env=environment(sqlite_url)).screen
        assert_harmless(shown.replace("\n", ""))
        assert "\\u009b" in shown
