"""`iotconfig export --into` and `--names`: a directory of files that follows the database."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command_line import CommandLine

MACS = [f"02:00:00:00:00:{number:02x}" for number in range(1, 4)]


@pytest.fixture
def command(sqlite_url: str, tmp_path: Path) -> CommandLine:
    """The command line on a database with three configs, which `fleet` has as files."""
    command = CommandLine({"DATABASE_URL": sqlite_url})
    for number, mac in enumerate(MACS):
        command.ok("config", "create", mac, f'{{"n": {number}}}')
    command.ok("export", str(tmp_path / "fleet"))
    return command


def test_a_directory_follows_the_database(command: CommandLine, tmp_path: Path) -> None:
    """Each file that is written or removed is a line; the rest stays, and is counted."""
    fleet = tmp_path / "fleet"
    (fleet / "README.md").write_text("ours")
    (fleet / "package.json").write_text("{}")
    command.ok("config", "set", MACS[0], '{"n": 10}')
    command.ok("config", "delete", MACS[1], "--yes")
    command.ok("config", "create", "02:00:00:00:00:0a", "{}")
    updated = command.ok("export", "--into", str(fleet))

    assert (
        "new      02000000000a.json\nchanged  020000000001.json\nremoved  020000000002.json\n" == updated.text
    )
    left, summary = updated.errors.splitlines()
    assert "Not changed, because their names are not MAC addresses: package.json." == left
    assert summary.startswith("3 configs from ")
    assert summary.endswith(f" in {fleet}: 1 new, 1 changed, 1 removed, 1 unchanged")
    assert {
        "020000000001.json": '{"n": 10}',
        "020000000003.json": '{"n": 2}',
        "02000000000a.json": "{}",
        "README.md": "ours",
        "package.json": "{}",
    } == {path.name: path.read_text() for path in fleet.iterdir()}
    assert b"" == command.ok("export", "--into", str(fleet)).output


def test_other_names(command: CommandLine, tmp_path: Path) -> None:
    """A spelling is for new directories, and renames the files of existing ones; an import reads all of them."""
    command.ok("export", "--names", "dashes", str(tmp_path / "dashes"))
    command.ok("export", "--names", "colons", str(tmp_path / "colons"))
    command.ok("export", "--into", "--names", "colons", str(tmp_path / "fleet"))

    for name, separator in (("dashes", "-"), ("colons", ":"), ("fleet", ":")):
        assert [f"{mac.replace(':', separator)}.json" for mac in MACS] == sorted(
            path.name for path in (tmp_path / name).iterdir()
        )
        assert "0 new, 0 changed, 3 same" in command.ok("import", str(tmp_path / name)).text


def test_an_empty_database_removes_no_files(command: CommandLine, tmp_path: Path) -> None:
    """It is rather the wrong database; the error says what to do."""
    for mac in MACS:
        command.ok("config", "delete", mac, "--yes")
    refused = command.run("export", "--into", str(tmp_path / "fleet"))

    assert (1, b"", 1) == (refused.status, refused.output, refused.errors.count("\n"))
    assert "all 3 of" in refused.errors
    assert 3 == len(list((tmp_path / "fleet").iterdir()))


@pytest.mark.parametrize("target", ["-", "fleet.ndjson"])
@pytest.mark.parametrize("option", [["--into"], ["--names", "plain"]])
def test_options_of_directories(command: CommandLine, tmp_path: Path, target: str, option: list[str]) -> None:
    """Records have no files to name or to remove."""
    path = target if target == "-" else str(tmp_path / target)
    refused = command.run("export", *option, path)

    assert (2, b"") == (refused.status, refused.output)
    assert "--into and --names are for directories" in refused.errors
    assert not (tmp_path / "fleet.ndjson").exists()


def test_two_files_of_one_device_are_refused(command: CommandLine, tmp_path: Path) -> None:
    """Each refusal names the other file."""
    fleet = tmp_path / "fleet"
    (fleet / "02-00-00-00-00-01.json").write_text('{"n": 10}')
    refused = command.run("import", str(fleet))

    assert 1 == refused.status
    for one, other in (("02-00-00-00-00-01", "020000000001"), ("020000000001", "02-00-00-00-00-01")):
        assert f"{one}.json: {other}.json has the same MAC address" in refused.errors


def test_entries_that_are_no_configs_are_said(command: CommandLine, tmp_path: Path) -> None:
    """A directory of a repository can be imported; the first five of what is left out are named."""
    fleet = tmp_path / "fleet"
    (fleet / ".git").mkdir()
    for name in ("README.md", "LICENSE", "Makefile", "a", "b", "c"):
        (fleet / name).touch()
    imported = command.ok("import", str(fleet))

    assert (
        "Not imported, because their names are not <mac>.json: .git, LICENSE, Makefile, README.md, a and 2 more.\n"
        == imported.errors
    )
    assert "3 same" in imported.text
