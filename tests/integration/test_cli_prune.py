"""`iotconfig prune-history`: removed revisions, kept revisions, and later reads of removed ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from iotconfig.domain.devices.evidence import Evidence, Kind
from iotconfig.entrypoints.settings import Settings
from iotconfig.entrypoints.wiring.services import open_services
from tests.support.command_line import CommandLine
from tests.support.schema import execute
from tests.support.tables import contents

MACS = ("02:00:00:00:00:01", "02:00:00:00:00:02", "02:00:00:00:00:03")
LAST = '{ "deviceName" : "K\u00fcche", "gain": 1.10 }\n'


@pytest.fixture
def command(database_url: str) -> CommandLine:
    """A config of four revisions, one of one revision, and a deleted one of three (its deletion included).

    The first two revisions of each are 40 days old. The change log was read, so that its rows have positions.
    """
    command = CommandLine({"DATABASE_URL": database_url})
    for text in ('{"a": 1}', '{"a": 2}', '{"a": 3}', LAST):
        command.ok("config", "set", "--create", MACS[0], text)
    command.ok("config", "create", MACS[1], "{}")
    for text in ('{"b": 1}', LAST):
        command.ok("config", "set", "--create", MACS[2], text)
    command.ok("config", "delete", MACS[2], "--yes")
    age = (
        "strftime('%Y-%m-%d %H:%M:%S.000000', created_at, '-40 days')"
        if database_url.startswith("sqlite")
        else "created_at - interval '40 days'"
    )
    execute(database_url, f"UPDATE revisions SET created_at = {age} WHERE revision <= 2")  # noqa: S608 - an expression of ours
    assert [1, 2, 3, 4, 5, 6, 7, 8] == logged(command)
    return command


def logged(command: CommandLine) -> list[int]:
    """The positions in the change log."""
    with open_services(Settings.from_environ(command.environ)) as services:
        return [change.position for change in services.persistence.store.changes_since(0, 99)]


@pytest.fixture
def old_log(command: CommandLine) -> CommandLine:
    """The first four changes of the log are 40 days old, and the others 8 days."""
    url = command.environ["DATABASE_URL"]
    for days, positions in ((40, "<= 4"), (8, "> 4")):
        age = (
            f"strftime('%Y-%m-%d %H:%M:%S.000000', created_at, '-{days} days')"
            if url.startswith("sqlite")
            else f"created_at - interval '{days} days'"
        )
        execute(url, f"UPDATE changes SET created_at = {age} WHERE position {positions}")  # noqa: S608 - expressions of ours
    return command


def remaining(command: CommandLine) -> list[list[int]]:
    """The revisions of each config."""
    pages = [command.ok("config", "history", str(n), "--json").json() for n in (1, 2, 3)]
    return [[revision["revision"] for revision in page["revisions"]] for page in pages]


CHOICES = [
    pytest.param(["--keep", "1"], 4, [[4], [1], [3, 2]], id="keep-1"),
    pytest.param(["--keep", "2"], 3, [[4, 3], [1], [3, 2]], id="keep-2"),
    pytest.param(["--keep", "3"], 1, [[4, 3, 2], [1], [3, 2, 1]], id="keep-3"),
    pytest.param(["--keep", "9"], 0, [[4, 3, 2, 1], [1], [3, 2, 1]], id="keep-all"),
    pytest.param(["--older-than", "30"], 3, [[4, 3], [1], [3, 2]], id="older-than"),
    pytest.param(["--older-than", "50"], 0, [[4, 3, 2, 1], [1], [3, 2, 1]], id="none-as-old"),
    pytest.param(["--older-than", "0"], 4, [[4], [1], [3, 2]], id="all-ages"),
    pytest.param(["--keep", "1", "--older-than", "30"], 3, [[4, 3], [1], [3, 2]], id="age-keeps-more"),
    pytest.param(
        ["--keep", "3", "--older-than", "30"], 1, [[4, 3, 2], [1], [3, 2, 1]], id="number-keeps-more"
    ),
]


@pytest.mark.parametrize(("options", "removed", "expected"), CHOICES)
def test_pruning_by_number_and_by_age(
    command: CommandLine, options: list[str], removed: int, expected: list[list[int]]
) -> None:
    """By number, by age, and by both; the newest revision and the one that a restore needs stay.

    The dry run before it gives the same number, and removes nothing.
    """
    before = contents(command.environ["DATABASE_URL"])
    dry = command.ok("prune-history", *options, "--dry-run")
    assert before == contents(command.environ["DATABASE_URL"])
    real = command.ok("prune-history", *options)
    plural = "revision" if removed == 1 else "revisions"

    assert dry.text.startswith(
        f"{removed} {plural}, 0 changes of the change log and 0 of devices' states would be removed, in "
    )
    assert real.text.startswith(
        f"{removed} {plural}, 0 changes of the change log and 0 of devices' states removed, in "
    )
    assert expected == remaining(command)
    assert command.ok("prune-history", *options).text.startswith("0 revisions, 0 changes ")


@pytest.mark.parametrize(
    ("options", "removed", "remaining"),
    [
        (["--older-than", "50"], 0, [1, 2, 3, 4, 5, 6, 7, 8]),
        (["--older-than", "30"], 4, [5, 6, 7, 8]),
        (["--older-than", "0"], 7, [8]),
        (["--keep", "9"], 7, [8]),
    ],
    ids=["none-as-old", "older-than", "all-ages", "keep"],
)
def test_the_change_log_is_pruned_by_age(
    old_log: CommandLine, options: list[str], removed: int, remaining: list[int]
) -> None:
    """Its newest change stays. The dry run gives the same number, and removes nothing."""
    before = contents(old_log.environ["DATABASE_URL"])["changes"]
    dry = old_log.ok("prune-history", *options, "--dry-run").text
    assert before == contents(old_log.environ["DATABASE_URL"])["changes"]
    real = old_log.ok("prune-history", *options).text

    assert f", {removed} changes of the change log and 0 of devices' states would be removed, in " in dry
    assert f", {removed} changes of the change log and 0 of devices' states removed, in " in real
    assert remaining == logged(old_log)


def test_configs_are_unchanged(command: CommandLine) -> None:
    """Pruning changes no config, and announces nothing."""
    before = contents(command.environ["DATABASE_URL"])
    command.ok("prune-history", "--keep", "1")
    after = contents(command.environ["DATABASE_URL"])

    assert ["pruned_histories", "revisions"] == [name for name in before if before[name] != after[name]]
    assert set(after["revisions"]) < set(before["revisions"])


def test_a_restore_works_after_pruning(command: CommandLine) -> None:
    """The deleted config has its last bytes, and its revision continues."""
    command.ok("prune-history", "--keep", "1", "--older-than", "0")
    restored = command.ok("config", "restore", "3", "--json").json()

    assert (3, 4) == (restored["id"], restored["revision"])
    assert LAST.encode() == command.ok("config", "show", MACS[2], "--content").output


@pytest.mark.parametrize(
    "arguments",
    [
        ("rollback", "1", "2"),
        ("rollback", "1", "2", "--dry-run"),
        ("diff", "1", "2"),
        ("diff", "1", "2", "4"),
    ],
    ids=["rollback", "rollback-dry", "diff", "diff-two"],
)
def test_pruned_revisions_are_reported_as_gone(command: CommandLine, arguments: tuple[str, ...]) -> None:
    """The message differs from that of an unknown revision; nothing is changed."""
    command.ok("prune-history", "--keep", "1")
    before = contents(command.environ["DATABASE_URL"])
    gone = command.run("config", *arguments)
    never = command.run("config", *(argument.replace("2", "7") for argument in arguments))

    assert (1, b"", 1) == (gone.status, gone.output, gone.errors.count("\n"))
    assert "Revision 2 of config 1 is gone" in gone.errors
    assert "Revision 7 of config 1 was not found" in never.errors
    assert before == contents(command.environ["DATABASE_URL"])


@pytest.mark.parametrize(
    "options",
    [(), ("--dry-run",), ("--keep", "0"), ("--older-than", "-1"), ("--keep", "x"), ("--older-than", "9" * 9)],
    ids=["nothing", "dry-run-alone", "keep-0", "future", "no-number", "before-all-time"],
)
def test_wrong_usage(sqlite_url: str, options: tuple[str, ...]) -> None:
    """Without an option about what to keep, nothing is removed."""
    command = CommandLine({"DATABASE_URL": sqlite_url})
    for text in ("{}", '{"a": 1}'):
        command.ok("config", "set", "--create", MACS[0], text)
    refused = command.run("prune-history", *options)

    assert (2, b"", 1) == (refused.status, refused.output, refused.errors.count("\n"))
    assert 2 == len(command.ok("config", "history", "1", "--json").json()["revisions"])


def test_the_changes_of_devices_states_are_pruned_by_age(command: CommandLine) -> None:
    """Those of the last 7 days stay, whatever the options say."""
    with open_services(Settings.from_environ(command.environ)) as services:
        now = datetime.now(UTC)
        evidence = services.persistence.evidence
        assert evidence is not None
        etag = services.configs.get(1).content.etag
        mac_address = services.configs.get(1).mac_address
        for days, named in ((40, '"old"'), (20, etag), (6, '"old"'), (0, etag)):
            evidence.write([Evidence(mac_address, Kind.HOLDS, named, 4, now - timedelta(days=days))])

    assert ", 1 of devices' states" not in command.ok("prune-history", "--older-than", "50").text
    dry = command.ok("prune-history", "--older-than", "30", "--dry-run", "--json").json()
    assert 1 == dry["states"]
    assert " and 1 of devices' states removed, in " in command.ok("prune-history", "--older-than", "30").text
    assert 1 == command.ok("prune-history", "--keep", "1", "--json").json()["states"]
    assert 0 == command.ok("prune-history", "--older-than", "0", "--json").json()["states"]
