"""Appearance of the command line: colours, escaped text, help."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import click
import pytest

from tests.support.command_line import CommandLine
from tests.support.command_tree import COMMANDS
from tests.support.schema import execute
from tests.support.serving import COMMAND, environment, run_command
from tests.support.terminal import at_terminal

MAC = "02:ab:cd:ef:01:23"
EVIL = "x\x1b[2J\x07\x9b31m\x85a\nb\rc\u202egnp.exe\u2028y"
DIFFS = [
    ("config", "diff", "1"),
    ("config", "rollback", "1", "1", "--dry-run"),
    ("config", "set", "1", '{"a": 3}', "--dry-run"),
    ("patch", "--all", "--merge", '{"a": 3}', "--dry-run"),
]


@pytest.fixture
def command(sqlite_url: str) -> CommandLine:
    """A config of two revisions."""
    command = CommandLine({"DATABASE_URL": sqlite_url})
    for text in ('{"a": 1}', '{"a": 2}'):
        command.ok("config", "set", "--create", MAC, text)
    return command


@pytest.mark.parametrize("arguments", DIFFS, ids=["diff", "rollback", "set", "patch"])
def test_diffs_have_colours_at_a_terminal_only(command: CommandLine, arguments: tuple[str, ...]) -> None:
    """A pipe gets the same characters without escapes."""
    env = environment(command.environ["DATABASE_URL"], NO_COLOR="")
    shown = at_terminal(*arguments, env=env)
    piped = command.ok(*arguments).text

    assert 0 == shown.process.returncode
    assert re.search(r'\x1b\[31m-  "a": \d', shown.screen)
    assert re.search(r'\x1b\[32m\+  "a": \d', shown.screen)
    assert piped == shown.text
    assert "\x1b" not in piped


def test_no_color_switches_colours_off(command: CommandLine) -> None:
    """https://no-color.org holds for diffs and refusals at a terminal."""
    env = environment(command.environ["DATABASE_URL"], NO_COLOR="1")
    shown = at_terminal("config", "diff", "1", env=env)
    refused = at_terminal("config", "show", "9", env=env)

    assert '-  "a": 1' in shown.screen
    assert "\x1b" not in shown.screen + refused.screen


def test_refused_records_are_red_at_a_terminal_only(command: CommandLine, tmp_path: Path) -> None:
    """They are plain in a log."""
    (tmp_path / "fleet.ndjson").write_text("nonsense\n")
    env = environment(command.environ["DATABASE_URL"], NO_COLOR="")
    shown = at_terminal("import", str(tmp_path / "fleet.ndjson"), env=env)
    plain = at_terminal("import", str(tmp_path / "fleet.ndjson"), env={**env, "NO_COLOR": "1"})
    piped = command.run("import", str(tmp_path / "fleet.ndjson"))

    assert "\x1b[31mfleet.ndjson:1: " in shown.screen
    assert "\x1b[31m" not in plain.screen
    assert piped.errors.startswith("fleet.ndjson:1: ")
    assert "\x1b" not in piped.errors + piped.text


@pytest.mark.parametrize(
    "arguments",
    [
        ("history", "1"),
        ("diff", "1"),
        ("diff", "1", "1"),
        ("rollback", "1", "1", "--dry-run"),
        ("set", "1", '{"other": 1}', "--dry-run"),
        ("list", "--deleted"),
    ],
    ids=["history", "diff", "diff-all", "rollback", "set", "deleted"],
)
def test_stored_text_is_escaped_at_the_terminal(sqlite_url: str, arguments: tuple[str, ...]) -> None:
    """Messages, authors, names and contents cannot clear the screen, forge a line or reverse text."""
    command = CommandLine({"DATABASE_URL": sqlite_url})
    for number, name in enumerate((EVIL, EVIL[::-1])):
        text = json.dumps({"deviceName": name, EVIL: number}, ensure_ascii=number == 0)
        command.ok("config", "set", "--create", MAC, text.replace("\x1b", "\\u001b"), "-m", EVIL)
    execute(sqlite_url, f"UPDATE revisions SET author = 'eve\x1b[2J{chr(0x202E)}'")  # noqa: S608 - text of ours
    if arguments[-1] == "--deleted":
        command.ok("config", "delete", "1", "--yes", "-m", EVIL)
    text = command.ok("config", *arguments).text

    assert [] == [c for c in text if not (c.isprintable() or c == "\n")], ascii(text)


def test_a_history_is_one_line_a_revision(command: CommandLine) -> None:
    """A message of several lines stays in its row."""
    command.ok("config", "set", "1", "{}", "-m", "one\ntwo\r\nthree")
    text = command.ok("config", "history", "1").text

    assert "one\\ntwo\\r\\nthree" in text
    assert 7 == text.count("\n")


def test_a_table_has_the_width_of_the_terminal(command: CommandLine) -> None:
    """The size that the terminal itself reports; a pipe gets all columns."""
    env = environment(command.environ["DATABASE_URL"])
    headers = {
        columns: at_terminal("config", "list", env=env, columns=columns).text.split("\n")[0]
        for columns in (60, 140)
    }

    assert "UPDATED" not in headers[60]
    assert headers[140] == command.ok("config", "list").text.split("\n")[0]


@pytest.mark.parametrize("kind", ["file", "record", "source"])
def test_positions_are_escaped(command: CommandLine, tmp_path: Path, kind: str) -> None:
    """Names of files and sources may contain control characters."""
    fleet = tmp_path / ("fleet\x1b[2J" if kind == "source" else "fleet")
    fleet.mkdir()
    (fleet / "evil\x1b[2J\n\u202e.json").write_text("{}")
    (fleet / "evil\x1b[2J\n.ndjson").write_text("nonsense\n")
    source = fleet / "evil\x1b[2J\n.ndjson" if kind == "record" else fleet
    env = environment(command.environ["DATABASE_URL"])
    screens = [
        at_terminal(name, str(path), env=env).screen for name, path in (("import", source), ("export", fleet))
    ]

    assert [] == [screen for screen in screens if "\x1b[2J" in screen or "\u202e" in screen]


def test_a_name_with_line_breaks_forges_no_line(command: CommandLine, tmp_path: Path) -> None:
    """Each refusal is one line for any file name."""
    (tmp_path / "fleet").mkdir()
    (tmp_path / "fleet" / "evil\nError: all is lost\n.json").write_text("{}")
    (tmp_path / "evil\n.ndjson").write_text("nonsense\n")

    for name in ("fleet", "evil\n.ndjson"):
        assert 1 == command.run("import", str(tmp_path / name)).errors.count("\n")


def test_completion_for_a_shell(sqlite_url: str) -> None:
    """The documented script, and its completions."""
    env = environment(sqlite_url)
    script = run_command(env={**env, "_IOTCONFIG_COMPLETE": "bash_source"})
    asked = {"_IOTCONFIG_COMPLETE": "bash_complete", "COMP_CWORD": "2"}
    words = {
        line: run_command(env={**env, **asked, "COMP_WORDS": line}).stdout.decode().split()
        for line in ("iotconfig config hi", "iotconfig config r", "iotconfig import --on")
    }

    assert 0 == script.returncode
    assert 0 == subprocess.run(["bash", "-n"], input=script.stdout, check=False).returncode
    assert b"complete -o nosort -F _iotconfig_completion iotconfig" in script.stdout
    assert ["plain,history"] == words["iotconfig config hi"]
    assert ["plain,replace-device", "plain,restore", "plain,rollback"] == words["iotconfig config r"]
    assert ["plain,--on-conflict"] == words["iotconfig import --on"]


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: " ".join(path) or "iotconfig")
def test_help_names_every_option_and_fits(monkeypatch: pytest.MonkeyPatch, path: tuple[str, ...]) -> None:
    """Each option is described within eighty columns, with any settings."""
    monkeypatch.setenv("COLUMNS", "80")
    text = CommandLine({"DATABASE_URL": "nonsense"}).ok(*path, "--help").text
    context = click.Context(COMMANDS[path])

    for parameter in COMMANDS[path].get_params(context):
        if isinstance(parameter, click.Option) and not parameter.hidden:
            assert parameter.help, parameter.name
            assert all(option in text for option in parameter.opts + parameter.secondary_opts)
    assert text.startswith(f"Usage: {' '.join(('iotconfig', *path))} ")
    assert COMMANDS[path].help
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("path", [(), ("config",), ("token",), ("device-token",)], ids=" ".join)
def test_a_group_without_a_command_shows_its_help(path: tuple[str, ...]) -> None:
    """The lines of `--help`, on standard error, with the status of a wrong command line; no settings are read."""
    quick = CommandLine({"DATABASE_URL": "nonsense"})
    alone = quick.run(*path)

    assert (2, b"", quick.ok(*path, "--help").text) == (alone.status, alone.output, alone.errors)


def test_help_of_the_installed_command() -> None:
    """It needs neither a database nor settings, and standard error is empty."""
    ended = subprocess.run([COMMAND, "config", "--help"], capture_output=True, timeout=60, check=False)

    assert (0, b"") == (ended.returncode, ended.stderr)
    assert [] == [name for name in ("diff", "edit", "history", "restore", "rollback", "replace-device") if name not in ended.stdout.decode()]  # fmt: skip
