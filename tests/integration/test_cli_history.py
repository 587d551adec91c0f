"""`iotconfig config history | diff | rollback | restore | replace-device`."""

from __future__ import annotations

import json
import os
import pwd
import re

import pytest

from iotconfig import ConfigContent, Replace, open_service
from iotconfig.adapters.cli import history as history_commands
from iotconfig.domain.configs.config import Config
from iotconfig.domain.configs.history_use_cases import HistoryUseCases
from tests.support.command_line import CommandLine, Outcome
from tests.support.serving import environment, run_command
from tests.support.tables import contents

MAC = "02:ab:cd:ef:01:23"
OTHER = "02:ab:cd:ef:01:24"
LOGIN = pwd.getpwuid(os.getuid()).pw_name
FIRST = '{ "deviceName" : "K\u00fcche", "gain": 1.10,\r\n\t"big": 1E2, "\\u00e9": "\\/" }\n'
SECOND = '{"deviceName": "Lamp"}'


@pytest.fixture
def command(database_url: str) -> CommandLine:
    """The command line on each kind of database, with a config of two revisions."""
    return with_two_revisions(database_url)


@pytest.fixture
def quick(sqlite_url: str) -> CommandLine:
    """The same on SQLite."""
    return with_two_revisions(sqlite_url)


def with_two_revisions(url: str) -> CommandLine:
    """A config that was created and changed."""
    command = CommandLine({"DATABASE_URL": url})
    command.ok("config", "create", MAC, FIRST, "-m", "new board")
    command.ok("config", "set", "1", SECOND, "--message", "shorter")
    return command


def history(command: CommandLine, name: str = "1") -> list[tuple[int, str, str, str | None]]:
    """The revisions of a config: number, operation, last octet of the board, message."""
    revisions = command.ok("config", "history", name, "--json").json()["revisions"]
    return [(r["revision"], r["operation"], r["mac_address"][-2:], r["message"]) for r in revisions]


def assert_refused(outcome: Outcome, *phrases: str) -> None:
    """Check for one line that contains all of these."""
    assert (1, b"", 1) == (outcome.status, outcome.output, outcome.errors.count("\n")), outcome.errors
    assert [] == [phrase for phrase in phrases if phrase not in outcome.errors], outcome.errors


def test_every_change_is_a_revision_with_its_message(command: CommandLine) -> None:
    """Each change has its operation, board and message."""
    command.ok("config", "rollback", MAC, "1", "-m", "was better")
    command.ok("config", "delete", MAC, "--yes", "-m", "scrapped")
    command.ok("config", "restore", MAC, "-m", "still good")
    command.ok("config", "replace-device", MAC, OTHER, "-m", "burnt")

    assert [
        (6, "replace-device", "24", "burnt"),
        (5, "restore", "23", "still good"),
        (4, "delete", "23", "scrapped"),
        (3, "rollback", "23", "was better"),
        (2, "update", "23", "shorter"),
        (1, "create", "23", "new board"),
    ] == history(command)
    assert FIRST.encode() == command.ok("config", "show", OTHER, "--content").output


def test_the_author_is_the_login_name(quick: CommandLine) -> None:
    """It comes from the user id, not from the environment."""
    claims = {"USER": "somebody", "LOGNAME": "somebody", "USERNAME": "somebody"}
    env = {**environment(quick.environ["DATABASE_URL"]), **claims}
    run_command("config", "set", "1", "{}", env=env)
    revisions = quick.ok("config", "history", "1", "--json").json()["revisions"]

    assert [LOGIN] * 3 == [r["author"] for r in revisions]
    assert LOGIN in quick.ok("config", "history", "1").text


def test_history_is_a_table_for_people(quick: CommandLine) -> None:
    """The newest is first, with author and message, and the count; with --limit a line says that more follow."""
    text = quick.ok("config", "history", MAC).text
    limited = quick.ok("config", "history", MAC, "--limit", "1").text

    assert re.search(rf"^2 .* update .* {MAC} .* {LOGIN} .* shorter$", text, re.MULTILINE)
    assert text.index("shorter") < text.index("new board")
    assert "\n2 revisions of config 1, in " in text
    assert "new board" not in limited
    assert "1 revision of config 1; --before 2 shows more, in " in limited


def test_history_as_json_has_a_cursor(quick: CommandLine) -> None:
    """`next` is where the rest begins, or null; only the ETag of a deletion is null."""
    quick.ok("config", "delete", "1", "--yes")
    everything = quick.ok("config", "history", "1", "--json").json()

    assert (2, None) == (
        quick.ok("config", "history", "1", "--limit", "2", "--json").json()["next"],
        everything["next"],
    )
    assert [True, False, False] == [r["etag"] is None for r in everything["revisions"]]


def test_diff_of_the_newest_and_of_any_two(quick: CommandLine) -> None:
    """Without numbers it is of the last change; with one, since then; with two, between them."""
    quick.ok("config", "set", "1", '{"deviceName": "Lamp", "a": 1}')
    newest = quick.ok("config", "diff", MAC).text
    since = quick.ok("config", "diff", "1", "1", "--json").json()
    between = quick.ok("config", "diff", "1", "1", "2", "--json").json()

    assert f"--- {MAC}.json revision 2\n+++ {MAC}.json revision 3\n" in newest
    assert '+  "a": 1\n' in newest
    assert ((1, 3), (1, 2)) == tuple((d["from"]["revision"], d["to"]["revision"]) for d in (since, between))
    assert {"op": "add", "path": "/a", "value": 1} in since["json_patch"]
    assert "/a" not in {operation["path"] for operation in between["json_patch"]}
    assert between["unified_diff"] == quick.ok("config", "diff", "1", "1", "2").text


def test_diff_without_a_difference(quick: CommandLine) -> None:
    """Equal documents give a sentence, or an empty patch."""
    assert "Nothing differs.\n" == quick.ok("config", "diff", "1", "2", "2").text
    assert [] == quick.ok("config", "diff", "1", "2", "2", "--json").json()["json_patch"]


def test_rollback_restores_the_bytes(command: CommandLine) -> None:
    """The content equals the earlier revision byte for byte, under a new number."""
    answer = command.ok("config", "rollback", "1", "1").text
    rolled_back = command.ok("config", "rollback", "1", "2", "--json").json()

    assert answer.startswith(f"Rolled back to revision 1: config 1 of {MAC}, revision 3, in ")
    assert (4, json.loads(SECOND)) == (rolled_back["revision"], rolled_back["content"])
    command.ok("config", "rollback", "1", "3")
    assert FIRST.encode() == command.ok("config", "show", "1", "--content").output


@pytest.mark.parametrize(
    "arguments",
    [("set", "1", '{"deviceName": "Bell"}'), ("rollback", "1", "1")],
    ids=["set", "rollback"],
)
def test_a_dry_run_stores_nothing(command: CommandLine, arguments: tuple[str, ...]) -> None:
    """It shows the diff; no row of any table is changed."""
    before = contents(command.environ["DATABASE_URL"])
    shown = command.ok("config", *arguments, "--dry-run").text

    assert '-  "deviceName": "Lamp"' in shown
    assert f"--- {MAC}.json revision 2\n" in shown
    assert before == contents(command.environ["DATABASE_URL"])


@pytest.mark.parametrize("name", ["1", MAC, "02ABCDEF0123"], ids=["id", "mac", "bare"])
def test_restore_by_id_and_by_mac(command: CommandLine, name: str) -> None:
    """A deleted config is listed, restored with its id, and not listed any more."""
    command.ok("config", "delete", "1", "--yes", "-m", "oops")
    (listed,) = command.ok("config", "list", "--deleted", "--json").json()["configs"]
    table = command.ok("config", "list", "--deleted").text
    restored = command.ok("config", "restore", name).text

    assert (1, MAC, "Lamp", 3, LOGIN, "oops") == tuple(
        listed[m] for m in ("id", "mac_address", "device_name", "revision", "author", "message")
    )
    assert "\n1 deleted config in " in table
    assert restored.startswith(f"Restored config 1 of {MAC}, revision 4, in ")
    assert SECOND.encode() == command.ok("config", "show", "1", "--content").output
    assert [] == command.ok("config", "list", "--deleted", "--json").json()["configs"]


def test_deleted_configs_are_listed_from_the_latest(quick: CommandLine) -> None:
    """--limit restricts the list."""
    quick.ok("config", "create", OTHER, "{}")
    for name in (MAC, OTHER):
        quick.ok("config", "delete", name, "--yes")
    listed = quick.ok("config", "list", "--deleted", "--json").json()["configs"]
    limited = quick.ok("config", "list", "--deleted", "--limit", "1", "--json").json()["configs"]

    assert ([OTHER, MAC], [OTHER]) == tuple([c["mac_address"] for c in found] for found in (listed, limited))


def test_a_board_swap_keeps_id_and_history(command: CommandLine) -> None:
    """The config keeps its id at the new board; the old MAC address still selects its history."""
    moved = command.ok("config", "replace-device", MAC, OTHER.upper().replace(":", "-")).text

    assert moved.startswith(f"Moved from {MAC}: config 1 of {OTHER}, revision 3, in ")
    assert history(command, OTHER) == history(command, MAC)
    assert (3, "replace-device", "24", None) == history(command, OTHER)[0]


@pytest.mark.parametrize(
    ("arguments", "phrases"),
    [
        (("history", "9"), ("Config 9 was not found",)),
        (("history", OTHER), (f"Config {OTHER} was not found",)),
        (("diff", "1", "7"), ("Revision 7 of config 1 was not found",)),
        (("diff", "9"), ("Config 9",)),
        (("rollback", "1", "7"), ("Revision 7 of config 1 was not found",)),
        (("rollback", "1", "7", "--dry-run"), ("Revision 7",)),
        (("rollback", OTHER, "1"), (OTHER, "was not found")),
        (("rollback", "1", "1", "--if-revision", "1"), ("precondition",)),
        (("rollback", "1", "1", "--dry-run", "--if-revision", "1"), ("precondition",)),
        (("restore", "1"), ("not deleted",)),
        (("restore", "9"), ("Config 9 was not found",)),
        (("replace-device", "1", MAC), (MAC,)),
        (("replace-device", "1", "nonsense"), ("invalid format",)),
        (("replace-device", "9", OTHER), ("Config 9",)),
        (("replace-device", "1", OTHER, "--if-revision", "1"), ("precondition",)),
        (("set", "1", "{}", "-m", "x" * 1001), ("1000 characters",)),
        (("set", "1", "{}", "-m", "\udcff"), ("surrogate",)),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) and value[0].islower() else "",
)  # fmt: skip
def test_refusals_change_nothing(
    quick: CommandLine, arguments: tuple[str, ...], phrases: tuple[str, ...]
) -> None:
    """One line has the reason, and every table is unchanged."""
    before = contents(quick.environ["DATABASE_URL"])

    assert_refused(quick.run("config", *arguments), *phrases)
    assert before == contents(quick.environ["DATABASE_URL"])


@pytest.mark.parametrize("change", ["restore", "replace-device"])
def test_a_mac_address_in_use_is_refused(command: CommandLine, change: str) -> None:
    """Neither a restore nor a swap replaces another config."""
    taken = MAC if change == "restore" else OTHER
    if change == "restore":
        command.ok("config", "delete", "1", "--yes")
    command.ok("config", "create", taken, "{}")
    before = contents(command.environ["DATABASE_URL"])
    arguments = ("restore", "1") if change == "restore" else ("replace-device", "1", OTHER)

    assert_refused(command.run("config", *arguments), taken, "exists already")
    assert before == contents(command.environ["DATABASE_URL"])


def test_deleted_configs_have_no_search(quick: CommandLine) -> None:
    """Options that select existing configs are refused with --deleted."""
    for option in (("--search", "x"), ("--ota",)):
        assert 2 == quick.run("config", "list", "--deleted", *option).status


def test_a_change_before_a_rollback_without_a_number_is_kept(
    quick: CommandLine, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The revision to go back to is chosen first: it is not one back from what another user stores meanwhile."""
    quick.ok("config", "set", "1", '{"n": 2}', "--yes")
    one_back = history_commands._one_back

    def slowly(revisions: HistoryUseCases, config: Config) -> int:
        found = one_back(revisions, config)
        with open_service(sqlite_url) as service:
            service.configs.edit(config.id, Replace(ConfigContent.parse('{"theirs": 1}')))
        return found

    monkeypatch.setattr(history_commands, "_one_back", slowly)
    refused = quick.run("config", "rollback", "1")

    assert 1 == refused.status
    assert "accepts the present revision" in refused.errors
    assert b'{"theirs": 1}' == quick.ok("config", "show", "1", "--content").output
