"""`iotconfig import --prune`: configs that the source does not have are deleted, after they were shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command_line import CommandLine
from tests.support.serving import environment
from tests.support.terminal import terminal

MACS = [f"02:00:00:00:00:{number:02x}" for number in range(1, 5)]


@pytest.fixture
def command(quick: CommandLine, tmp_path: Path) -> CommandLine:
    """The command line on four configs; `fleet` has the files of two of them."""
    command = quick
    for number, mac in enumerate(MACS):
        command.ok("config", "create", mac, f'{{"n": {number}}}')
    command.ok("export", str(tmp_path / "fleet"))
    for name in ("020000000002.json", "020000000004.json"):
        (tmp_path / "fleet" / name).unlink()
    return command


@pytest.fixture
def fleet(command: CommandLine, tmp_path: Path) -> str:
    """The directory."""
    return str(tmp_path / "fleet")


def stored(command: CommandLine) -> list[str]:
    """The MAC addresses of all configs."""
    return [config["mac_address"] for config in command.ok("config", "list", "--json").json()["configs"]]


@pytest.mark.parametrize("option", [["--yes"], ["--expect-removed", "2"]])
def test_configs_that_the_source_does_not_have_are_deleted(
    command: CommandLine, fleet: str, option: list[str]
) -> None:
    """Each is a line, and the summary counts them; they can be restored."""
    pruned = command.ok("import", fleet, "--prune", *option, "-m", "tidied")

    assert f"{MACS[1]}  deleted\n{MACS[3]}  deleted\n" in pruned.text
    assert "0 new, 0 changed, 2 same, 2 deleted, 0 refused: stored" in pruned.text
    assert [MACS[0], MACS[2]] == stored(command)
    command.ok("config", "restore", MACS[1])
    assert [MACS[0], MACS[1], MACS[2]] == stored(command)


def test_a_dry_run_lists_them(command: CommandLine, fleet: str) -> None:
    """It needs no further option, and stores nothing."""
    shown = command.ok("import", fleet, "--prune", "--dry-run")

    assert f"{MACS[1]}  deleted\n{MACS[3]}  deleted\n" in shown.text
    assert "2 deleted, 0 refused: nothing was stored (dry run)" in shown.text
    assert MACS == stored(command)


def test_records_prune_as_files_do(command: CommandLine) -> None:
    """A file of records is the whole fleet, too."""
    record = f'{{"mac_address": "{MACS[0]}", "content": {{"n": 0}}}}\n'.encode()

    assert "1 same, 3 deleted" in command.ok("import", "-", "--prune", "--yes", stdin=record).text
    assert [MACS[0]] == stored(command)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--prune"], "add --expect-removed N, or --yes"),
        (["--prune", "--yes", "--keep-going"], "leave out --keep-going"),
        (["--yes"], "are for --prune"),
        (["--expect-removed", "1"], "are for --prune"),
        (["--allow-empty"], "are for --prune"),
        (["--prune", "--expect-removed", "-1"], "--expect-removed"),
    ],
)
def test_wrong_usage(command: CommandLine, fleet: str, arguments: list[str], reason: str) -> None:
    """Without a terminal, the number or the consent is given in advance."""
    refused = command.run("import", fleet, *arguments)

    assert (2, b"", 1) == (refused.status, refused.output, refused.errors.count("\n"))
    assert reason in refused.errors
    assert MACS == stored(command)


def test_another_number_than_expected(command: CommandLine, fleet: str) -> None:
    """Nothing is stored, and the error has the number."""
    refused = command.run("import", fleet, "--prune", "--expect-removed", "1")

    assert (1, b"") == (refused.status, refused.output)
    assert "would be deleted is 2, not 1 as expected" in refused.errors
    assert MACS == stored(command)


def test_a_refusal_prevents_the_deletions(command: CommandLine, fleet: str) -> None:
    """The file that is refused may be the one of a config that would be deleted."""
    (Path(fleet) / "020000000002.json").write_text("{")
    refused = command.run("import", fleet, "--prune", "--yes")

    assert 1 == refused.status
    assert "0 new, 0 changed, 2 same, 1 refused: nothing was stored" in refused.text
    assert "deleted" not in refused.text
    assert MACS == stored(command)


def test_an_empty_directory(command: CommandLine, tmp_path: Path) -> None:
    """It deletes nothing, unless that is allowed."""
    (tmp_path / "empty").mkdir()
    refused = command.run("import", str(tmp_path / "empty"), "--prune", "--yes")

    assert (1, b"") == (refused.status, refused.output)
    assert "all 4 that are stored would be deleted" in refused.errors
    assert MACS == stored(command)
    command.ok("import", str(tmp_path / "empty"), "--prune", "--yes", "--allow-empty")
    assert [] == stored(command)


@pytest.mark.parametrize("answer", ["y", "n"])
def test_a_terminal_asks(command: CommandLine, fleet: str, answer: str) -> None:
    """The configs are listed above the question; only yes deletes them."""
    with terminal("import", fleet, "--prune", env={**environment(""), **command.environ}) as shown:
        shown.wait_for("Delete 2 configs?")
        assert f"{MACS[1]}  deleted" in shown.text
        shown.type(f"{answer}\r")
        status = shown.end()

    assert (0 if answer == "y" else 1) == status
    assert (1, 1 if answer == "y" else 0) == (
        shown.text.count(f"{MACS[3]}  deleted"),
        shown.text.count("2 deleted, 0 refused: stored"),
    )
    assert ([MACS[0], MACS[2]] if answer == "y" else MACS) == stored(command)


def test_a_terminal_asks_nothing_where_nothing_is_deleted(command: CommandLine, fleet: str) -> None:
    """The import is stored as without the option."""
    (Path(fleet) / "020000000002.json").write_text('{"n": 1}')
    (Path(fleet) / "020000000004.json").write_text('{"n": 3}')
    (Path(fleet) / "020000000009.json").write_text("{}")
    with terminal("import", fleet, "--prune", env={**environment(""), **command.environ}) as shown:
        assert 0 == shown.end()

    assert "1 new, 0 changed, 4 same, 0 refused: stored" in shown.text
    assert 5 == len(stored(command))
