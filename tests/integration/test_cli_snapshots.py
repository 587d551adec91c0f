"""What users see of every command: alone, with wrong arguments, at 60, 80 and 140 columns, in a pipe, without colours.

The transcripts are in `snapshots`. After a change that is meant,
`.venv/bin/pytest tests/integration/test_cli_snapshots.py --renew-snapshots` writes them again.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.support.command_line import CommandLine
from tests.support.command_tree import COMMANDS
from tests.support.snapshots import Snapshot

SNAPSHOTS = Path(__file__).parent / "snapshots"
PORCH, KITCHEN, JAPANESE, GONE, NEW = (f"02:00:00:00:00:0{number}" for number in range(1, 6))

NOT_ALONE = {("serve",), ("relay",), ("secret", "new-key")}
"""Commands that run until a signal, or print something else each time."""

STATUS_2_MEANS_CHANGES = {("plan",), ("apply",)}
"""Commands whose wrong usage ends with 1."""

WRONG = [
    ("frob",),
    ("--frob",),
    ("config", "lst"),
    ("config", "list", "--limit", "0"),
    ("config", "list", "--deleted", "--ota"),
    ("config", "create", "kitchen", "{}"),
    ("config", "create", NEW),
    ("config", "create", NEW, "{"),
    ("config", "create", NEW, '{"deviceName": 5}'),
    ("config", "create", NEW, "--file", "missing.json"),
    ("config", "create", PORCH, "{}"),
    ("config", "show", "Kitch"),
    ("config", "show", "Cellar"),
    ("config", "show", "Twin"),
    ("config", "show", "02:00:00:00:00"),
    ("config", "show", "99"),
    ("config", "show", "4"),
    ("config", "show", GONE),
    ("config", "show", "Garage"),
    ("config", "show", "1", "--json", "--content"),
    ("config", "set", "1", "{}", "--if-revision", "9"),
    ("config", "set", "--create", "7", "{}"),
    ("config", "set", "--create", NEW, "{}", "--if-revision", "1"),
    ("config", "edit", "1"),
    ("config", "delete", "1"),
    ("config", "rollback", "1", "9"),
    ("config", "restore", "1"),
    ("config", "replace-device", "1", KITCHEN),
    ("config", "replace-device", "1", PORCH),
    ("import", "missing"),
    ("import", "one.json"),
    ("import", "020000000001.json"),
    ("import", "fleet"),
    ("export", "fleet"),
    ("export", "fleet.json"),
    ("export", "missing/fleet.ndjson"),
    ("patch", "--merge", "{}"),
    ("patch", "--all", "--merge", "["),
    ("device", "99"),
    ("devices", "--state", "synced"),
    ("devices", "--state"),
    ("tag", "add", "hall", "--mac"),
    ("devices", "--former", "--overdue"),
    ("wait", "--all", "--tag", "kitchen"),
    ("wait", "--tag", "kitchen"),
    ("wait", "--all", "--timeout", "10"),
    ("wait", "--all", "--timeout", "0"),
    ("undo",),
    ("undo", "0123456789abcdef"),
    ("undo", "1"),
    ("prune-history",),
    ("announce", "02:00"),
    ("announce", "--all", "1"),
    ("announce", "1", "--rate", "5"),
    ("token", "create", "ci"),
    ("token", "create", "ci", "--role", "root"),
    ("token", "create", "ci", "--role", "admin", "--expires", "soon"),
    ("token", "create", "backup", "--role", "admin"),
    ("token", "revoke", "unknown"),
    ("device-token", "create", "1"),
    ("device-token", "create", PORCH),
    ("device-token", "create", "--all", "--replace"),
    ("device-token", "revoke", NEW),
    ("serve", "--port", "http"),
    ("serve", "--host", "0.0.0.0"),  # noqa: S104 - it is refused
    ("upgrade-db", "--recreate"),
]

SHOWN = [
    ("config", "list"),
    ("config", "list", "--search", "none"),
    ("config", "list", "--deleted"),
    ("config", "show", "kitchen"),
    ("config", "history", "1"),
    ("changes", "--limit", "6"),
    ("config", "diff", "1"),
    ("token", "list"),
    ("device-token", "list"),
    ("devices",),
    ("device", "1"),
    ("tag", "list"),
    ("notifications",),
]

COLOURED = [
    ("config", "diff", "1"),
    ("config", "set", "1", '{"deviceName": "Porch", "volume": 3}', "--dry-run"),
    ("config", "show", "99"),
]

Open = Callable[[str], Snapshot]


@pytest.fixture
def snapshot(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Open a snapshot; all are compared at the end."""
    opened: list[Snapshot] = []

    def open_snapshot(name: str) -> Snapshot:
        renews = request.config.getoption("--renew-snapshots")
        opened.append(Snapshot(SNAPSHOTS / name, renews, {str(tmp_path): "/home/ada"}))
        return opened[-1]

    yield open_snapshot
    for each in opened:
        each.check()


@pytest.fixture
def command(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """The command line of the user ada, on an empty database, in a directory with some files."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("pwd.getpwuid", lambda _: SimpleNamespace(pw_name="ada"))
    monkeypatch.delenv("NO_COLOR", raising=False)
    # Help is as wide as the terminal of the test run, also where it goes into a pipe.
    monkeypatch.setenv("COLUMNS", "80")
    return CommandLine({"DATABASE_URL": sqlite_url})


@pytest.fixture
def home(command: CommandLine, tmp_path: Path) -> CommandLine:
    """The same with devices, names and messages of many lengths, a deletion, tokens, and files to import."""
    command.ok(
        "config",
        "create",
        PORCH,
        '{"deviceName": "Porch", "deviceEntityId": "light.porch", "enableOTA": true}',
    )
    command.ok(
        "config",
        "set",
        "1",
        '{"deviceName": "Porch", "volume": 1.10}',
        "-m",
        "quieter at night, louder by day",
    )
    command.ok("config", "rollback", "1", "1")
    names = {
        KITCHEN: "Kitchen ceiling lamp above the big table",
        JAPANESE: "\u53f0\u6240\u306e\u8868\u793a\u5668",
        GONE: "Garage",
    }
    for mac_address, name in names.items():
        command.ok(
            "config",
            "create",
            mac_address,
            json.dumps(
                {"deviceName": name, "deviceEntityId": f"sensor.{mac_address[-2:]}"}, ensure_ascii=False
            ),
        )
    command.ok("config", "delete", "4", "--yes", "-m", "given away with the car, the keys and the door")
    command.ok("config", "create", "02:00:00:00:00:21", '{"deviceName": "Twin"}')
    command.ok("config", "create", "02:00:00:00:00:22", '{"deviceName": "twin"}')
    command.ok("config", "create", "02:00:00:00:00:23", '{"deviceName": "Kitchen"}')
    command.ok("tag", "add", "floor-3", "lamp", "--mac", KITCHEN)
    command.ok("tag", "remove", "floor-3", "--mac", KITCHEN)
    command.ok("tag", "note", "above the table, behind the second lamp", "--mac", KITCHEN)
    command.ok("token", "create", "home-assistant", "--role", "viewer")
    command.ok("token", "create", "backup", "--role", "admin")
    command.ok("token", "revoke", "backup")
    command.ok("device-token", "create", PORCH)
    (tmp_path / "one.json").write_text('{\n  "deviceName": "Attic"\n}\n')
    (tmp_path / "020000000001.json").write_text('{"deviceName": "Porch"}')
    (tmp_path / "fleet").mkdir()
    (tmp_path / "fleet" / "020000000001.json").write_text('{"deviceName": "Other"}')
    return command  # fmt: skip


@pytest.mark.parametrize("columns", [60, 80])
def test_help_of_every_command(command: CommandLine, snapshot: Open, columns: int) -> None:
    """No line is longer than the terminal is wide."""
    transcript = snapshot(f"help-{columns}.txt")
    for path in COMMANDS:
        shown = command.at_terminal(*path, "--help", columns=columns)
        transcript.add((*path, "--help"), shown)

        assert max(map(len, shown.text.splitlines())) <= columns
        # The first sentence of each command fits its line in the list of commands.
        assert columns < 80 or not re.search(r"^  .*\w\.\.\.$", shown.text, re.MULTILINE)


def test_every_command_alone(command: CommandLine, snapshot: Open, tmp_path: Path) -> None:
    """Each on an empty database; a group shows its help."""
    transcript = snapshot("alone.txt")
    database = tmp_path / "configs.db"
    shutil.copy(database, tmp_path / "empty.db")
    for path in COMMANDS:
        if path not in NOT_ALONE:
            shutil.copy(tmp_path / "empty.db", database)
            transcript.add(path, command.run(*path))


def test_every_command_with_an_unknown_option(command: CommandLine, snapshot: Open) -> None:
    """One line that names the option and the help."""
    transcript = snapshot("unknown-option.txt")
    for path in COMMANDS:
        refused = command.run(*path, "--frob")
        transcript.add((*path, "--frob"), refused)

        status = 1 if path in STATUS_2_MEANS_CHANGES else 2
        assert (status, b"", 1) == (refused.status, refused.output, refused.errors.count("\n"))


def test_wrong_arguments(home: CommandLine, snapshot: Open) -> None:
    """Each refusal names the place, the rule and the way out, and nothing is changed."""
    transcript = snapshot("wrong-arguments.txt")
    before = home.ok("export", "-").output
    for arguments in WRONG:
        refused = home.run(*arguments)
        transcript.add(arguments, refused)

        assert 0 != refused.status
    assert before == home.ok("export", "-").output


@pytest.mark.parametrize("columns", [60, 80, 140])
def test_output_at_a_terminal(home: CommandLine, snapshot: Open, columns: int) -> None:
    """Columns are left out before rows break."""
    transcript = snapshot(f"terminal-{columns}.txt")
    for arguments in SHOWN:
        transcript.add(arguments, home.at_terminal(*arguments, columns=columns))


def test_output_in_a_pipe(home: CommandLine, snapshot: Open) -> None:
    """Everything, whatever the width of the terminal is."""
    transcript = snapshot("pipe.txt")
    for arguments in SHOWN:
        transcript.add(arguments, home.ok(*arguments))


@pytest.mark.parametrize(("name", "environ"), [("colours", {}), ("no-color", {"NO_COLOR": "1"})])
def test_colours(home: CommandLine, snapshot: Open, name: str, environ: dict[str, str]) -> None:
    r"""At a terminal, as `\e[…m`; none with NO_COLOR."""
    transcript = snapshot(f"{name}.txt")
    for arguments in COLOURED:
        transcript.add(arguments, CommandLine({**home.environ, **environ}).at_terminal(*arguments))


def test_every_snapshot_is_compared() -> None:
    """No file is left behind by a test that is gone."""
    names = [
        "help-60",
        "help-80",
        "alone",
        "unknown-option",
        "wrong-arguments",
        "pipe",
        "colours",
        "no-color",
    ]
    names += ["terminal-60", "terminal-80", "terminal-140"]

    assert {f"{name}.txt" for name in names} == {path.name for path in SNAPSHOTS.iterdir()}
