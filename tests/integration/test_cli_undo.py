"""`iotconfig undo`, the ids of changes that commands print, and `config rollback` without a number."""

from __future__ import annotations

import json
import re

import pytest

from tests.support.command_line import CommandLine, Outcome
from tests.support.tables import contents

MAC = "02:ab:cd:ef:01:{:02x}"


@pytest.fixture
def command(command: CommandLine) -> CommandLine:
    """The command line on each kind of database, and on a service, with three configs."""
    return with_three_configs(command)


@pytest.fixture
def quick(quick: CommandLine) -> CommandLine:
    """The same on SQLite."""
    return with_three_configs(quick)


def with_three_configs(command: CommandLine) -> CommandLine:
    """Three configs, each with content of its own."""
    for number in range(3):
        command.ok("config", "create", MAC.format(number), f'{{ "n":{number}.10 }}')
    return command


def change_in(outcome: Outcome) -> str:
    """The id of the change that a command has printed, with the command that undoes it."""
    found = re.search(r"^change ([0-9a-f]{16}); undo it: iotconfig undo \1$", outcome.text, re.MULTILINE)
    assert found is not None, outcome.text
    return found[1]


def test_a_patch_of_all_is_undone_and_redone(command: CommandLine) -> None:
    """Contents are byte for byte as before; the undo prints an id, with which it is undone itself."""
    url = command.environ["DATABASE_URL"]
    before = command.ok("export", "-").output
    change = change_in(command.ok("patch", "--all", "--merge", '{"z": 1}'))
    after, rows = command.ok("export", "-").output, contents(url)
    dry = command.ok("undo", change, "--dry-run")

    assert (
        "3 to roll back, 0 to delete, 0 to restore, 0 refused: nothing was stored (dry run), in " in dry.text
    )
    assert rows == contents(url)
    undone = command.ok("undo", change.upper(), "-m", "too much")
    assert f"{MAC.format(1)}  changed  revision 3\n" in undone.text
    assert "3 rolled back, 0 deleted, 0 restored, 0 refused: stored, in " in undone.text
    assert before == command.ok("export", "-").output
    newest = command.ok("config", "history", "1", "--json").json()["revisions"][0]
    assert ("rollback", "too much", change_in(undone)) == (
        newest["operation"],
        newest["message"],
        newest["change"],
    )
    command.ok("undo", change_in(undone))
    assert after == command.ok("export", "-").output


def test_every_change_prints_its_id(quick: CommandLine) -> None:
    """Each can be undone with it; a change without a difference prints none."""
    printed = [
        change_in(quick.ok("config", "create", MAC.format(9), '{"a": 1}')),
        change_in(quick.ok("config", "set", MAC.format(9), '{"a": 2}')),
        change_in(quick.ok("config", "set", "--create", MAC.format(9), '{"a": 3}')),
        change_in(quick.ok("config", "rollback", MAC.format(9), "1")),
        change_in(quick.ok("config", "delete", MAC.format(9), "--yes")),
        change_in(quick.ok("config", "restore", MAC.format(9))),
    ]
    revisions = quick.ok("config", "history", MAC.format(9), "--json").json()["revisions"]

    assert printed == [revision["change"] for revision in reversed(revisions)]
    for same in (
        ("config", "set", MAC.format(9), '{"a": 1}'),
        ("config", "set", "--create", MAC.format(9), '{"a": 1}'),
        ("patch", "--all", "--merge", "{}"),
    ):
        assert "undo it" not in quick.ok(*same).text
    assert printed[0] in quick.ok("config", "history", MAC.format(9)).text
    assert "1 deleted" in quick.ok("undo", printed[-1]).text


def test_a_board_swap_prints_the_command_that_undoes_it(quick: CommandLine) -> None:
    """`undo` would refuse it."""
    moved = quick.ok("config", "replace-device", "1", MAC.format(9))
    assert f"; undo it: iotconfig config replace-device 1 {MAC.format(0)}\n" in moved.text
    quick.ok("config", "replace-device", "1", MAC.format(0))


def test_a_board_that_was_replaced_since_gets_nothing_back(command: CommandLine) -> None:
    """Undo and restore say in one line which board took its place, and the command that swaps the two again works."""
    board, successor = MAC.format(0), MAC.format(9)
    change = change_in(command.ok("config", "delete", "1", "--yes"))
    command.ok("config", "create", board, "{}")
    command.ok("config", "replace-device", board, successor)
    before = contents(command.environ["DATABASE_URL"])
    reason = f"Config 1 cannot return: its board {board} was replaced by {successor}. '"
    way_out = f"config replace-device {successor} {board}"
    for refused in (command.run("undo", change), command.run("config", "restore", "1")):
        assert (1, 1) == (refused.status, refused.errors.count("\n"))
        assert f"{reason}iotconfig {way_out}'" in refused.errors
    assert before == contents(command.environ["DATABASE_URL"])
    command.ok(*way_out.split())


def test_a_config_that_changed_again_is_listed(quick: CommandLine) -> None:
    """Nothing is undone, the exit status is 1, and the config is named; --keep-going undoes the others."""
    change = change_in(quick.ok("patch", "--all", "--merge", '{"z": 1}'))
    quick.ok("config", "set", "2", '{"mine": true}')
    before = contents(quick.environ["DATABASE_URL"])
    refused = quick.run("undo", change)

    assert (1, 1) == (refused.status, refused.errors.count("\n"))
    assert refused.errors.startswith(f"{MAC.format(1)}: Config 2 has changed again: ")
    assert "1 refused: nothing was stored, in " in refused.text
    assert before == contents(quick.environ["DATABASE_URL"])
    kept = quick.run("undo", change, "--keep-going")
    assert 1 == kept.status
    assert "2 rolled back, 0 deleted, 0 restored, 1 refused: stored, in " in kept.text
    assert b'{ "n":0.10 }' == quick.ok("config", "show", "1", "--content").output


@pytest.mark.parametrize("change", ["0123456789abcdef", "1", "last"])
def test_an_unknown_change(command: CommandLine, change: str) -> None:
    """It is refused in one line that says where ids are listed."""
    refused = command.run("undo", change)

    assert (1, "", 1) == (refused.status, refused.text, refused.errors.count("\n"))
    assert f"Change {change} was not found" in refused.errors
    assert "'iotconfig changes' lists changes." in refused.errors


def test_a_rollback_without_a_number_goes_one_back(quick: CommandLine) -> None:
    """Once more goes forth again; a restore and a board swap have the content of the revision before, which it skips; the first revision has none before it."""
    refused = quick.run("config", "rollback", "1")
    assert "Config 1 has no revision with other content before revision 1 to go back to." in refused.errors
    quick.ok("config", "set", "1", '{"second": 2}')
    answer = quick.ok("config", "rollback", "1")

    assert answer.text.startswith(f"Rolled back to revision 1: config 1 of {MAC.format(0)}, revision 3, in ")
    assert b'{ "n":0.10 }' == quick.ok("config", "show", "1", "--content").output
    assert {"second": 2} == quick.ok("config", "rollback", "1", "--json").json()["content"]
    quick.ok("config", "delete", "1", "--yes")
    quick.ok("config", "restore", "1")
    quick.ok("config", "replace-device", "1", MAC.format(9))

    assert {"second": 2} == json.loads(quick.ok("config", "show", "1", "--content").output)
    assert quick.ok("config", "rollback", "1").text.startswith("Rolled back to revision 3: config 1 of")
    assert b'{ "n":0.10 }' == quick.ok("config", "show", "1", "--content").output
