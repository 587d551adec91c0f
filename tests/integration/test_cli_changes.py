"""`iotconfig changes`, on a database and on a service."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.api import expect_problem
from tests.support.command_line import CommandLine
from tests.support.event_stream import EventStream
from tests.support.http import Client
from tests.support.socket_service import api_on_socket

FIRST, SECOND = "02:00:00:00:00:01", "02:00:00:00:00:02"


@pytest.fixture(params=["database", "service"])
def command(request: pytest.FixtureRequest, sqlite_url: str) -> Iterator[CommandLine]:
    """The command line on either, with four changes of two devices."""
    local = CommandLine({"DATABASE_URL": sqlite_url})
    local.ok("config", "create", FIRST, '{"deviceName": "Lamp"}', "--author", "ada")
    local.ok("config", "create", SECOND, "{}", "-m", "why\x1b[31m")
    local.ok("tag", "add", "attic", "--mac", FIRST)
    local.ok("config", "delete", SECOND, "--yes")
    if request.param == "database":
        yield local
        return
    with api_on_socket(sqlite_url) as url:
        yield CommandLine({"IOTCONFIG_URL": url})


@pytest.mark.parametrize("limit", [3, 4])
def test_a_cut_list_says_so(command: CommandLine, limit: int) -> None:
    """The last lines tell whether there are more."""
    shown = command.ok("changes", "--limit", str(limit)).text

    assert (f"The newest {limit} changes in " in shown) is (limit < 4)
    assert ("--limit and --since list more." in shown) is (limit < 4)


def listed(command: CommandLine, *options: str) -> list[Any]:
    """The positions of the changes that are listed."""
    return [
        each["position"] for each in json.loads(command.ok("changes", "--json", *options).text)["changes"]
    ]


def test_changes_are_listed(command: CommandLine) -> None:
    """The newest first, with what an undo needs; what a terminal would obey is escaped."""
    shown = command.ok("changes").text

    assert [
        f"delete     {SECOND}",
        f"tag        {FIRST}",
        f"create     {SECOND}",
        f"create     {FIRST}",
    ] == (re.findall(r"Z  (\S+ +02\S+)", shown))
    assert "why\\x1b[31m" in shown
    assert "\n4 changes in " in shown
    assert 4 == len(re.findall(r"  [0-9a-f]{16}  ", shown))


def test_changes_of_tags_say_which(command: CommandLine) -> None:
    """Those added and removed, and the note before and after; what a terminal would obey is escaped."""
    command.ok("tag", "remove", "attic", "--mac", FIRST)
    command.ok("tag", "note", "left\x1b[31m", "--mac", FIRST)
    command.ok("tag", "note", "right", "--mac", FIRST)
    command.ok("tag", "note", "--remove", "--mac", FIRST)
    shown = command.ok("changes", "--device", FIRST).text
    found = json.loads(command.ok("changes", "--device", FIRST, "--json").text)["changes"]

    assert [
        'note removed (was "right")',
        r'note "right" (was "left\x1b[31m")',
        r'note "left\x1b[31m"',
        "-attic",
        "+attic",
        "-",
    ] == [line.split("  ")[-1] for line in shown.splitlines()[2:8]]
    assert [{"added": ["attic"], "removed": []}] == [change["tags"] for change in found[4:5]]
    assert [{"before": "right", "after": None}] == [change["note"] for change in found[:1]]
    assert not {"tags", "note"} & found[5].keys()


def test_changes_are_filtered(command: CommandLine) -> None:
    """By device, deleted or not, author, kind, tag and time."""
    for options, positions in {
        ("--device", FIRST.replace(":", "-")): [3, 1],
        ("--device", SECOND): [4, 2],
        ("--device", "lamp"): [3, 1],
        ("--author", "ada (unverified)"): [1],
        ("--operation", "delete"): [4],
        ("--operation", "tag"): [3],
        ("--operation", "note"): [],
        ("--tag", "attic"): [3, 1],
        ("--tag", "!attic"): [],
        ("--since", "yesterday"): [4, 3, 2, 1],
        ("--since", "yesterday", "--limit", "2"): [4, 3],
        ("--limit", "3", "--until", "1w"): [],
        ("--since", "2h", "--author", "nobody"): [],
    }.items():
        assert positions == listed(command, *options), options


def test_the_changes_of_one_write(command: CommandLine) -> None:
    """Its id is in the list."""
    newest = json.loads(command.ok("changes", "--json").text)["changes"][0]

    assert [4] == listed(command, "--change", newest["change"])
    assert [] == listed(command, "--change", newest["change"], "--device", FIRST)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--since", "soon"], "is not a time: use 2h, 7d, today, yesterday"),
        (["--follow", "--until", "2h"], "--follow cannot be used with --until"),
        (["--operation", "explode"], "explode"),
        (["--since", "2h", "--until", "3h"], "first time must be before its last one"),
        (["--device", "nothing"], "was not found"),
        (["--tag", "A"], "is no tag"),
        (["--change", "last"], "16 hexadecimal digits"),
    ],
)
def test_what_is_no_filter_is_refused(command: CommandLine, options: list[str], words: str) -> None:
    """In one line."""
    refused = command.run("changes", *options)

    assert refused.status in (1, 2)
    assert words in refused.errors


def test_a_log_is_followed(sqlite_url: str) -> None:
    """Changes are printed as they are made, the oldest first, one object per line, until an interrupt."""
    command = CommandLine({"DATABASE_URL": sqlite_url})
    command.ok("config", "create", FIRST, "{}")
    with subprocess.Popen(
        [sys.executable, "-m", "iotconfig", "changes", "--follow", "--json"],
        env={**os.environ, "DATABASE_URL": sqlite_url},
        stdout=subprocess.PIPE,
    ) as following:
        assert following.stdout is not None
        first = json.loads(following.stdout.readline())
        command.ok("config", "create", SECOND, "{}")
        second = json.loads(following.stdout.readline())
        following.send_signal(signal.SIGINT)
        assert (b"", 0) == (following.stdout.read(), following.wait())
    assert [(1, FIRST), (2, SECOND)] == [(each["position"], each["subject"]) for each in (first, second)]


def test_a_reader_is_told_that_a_backup_was_put_back(sqlite_url: str, tmp_path: Path) -> None:
    """One that has read changes which the backup does not have: over HTTP, as an event, and for the next command."""
    command = CommandLine({"DATABASE_URL": sqlite_url})
    command.ok("config", "create", FIRST, "{}")
    command.ok("backup", str(tmp_path / "earlier.db"))
    command.ok("config", "create", SECOND, "{}")
    command.ok("restore", str(tmp_path / "earlier.db"))
    with api_on_socket(sqlite_url) as url:
        refused = Client(url).get("/api/changes?order=oldest&cursor=2")
        with EventStream(url, Last_Event_ID="2") as stream:
            assert {"position": 1, "oldest": 1} == stream.hello()
            reset = stream.event()

    assert {"position": 1, "oldest": 1} == expect_problem(refused, 410, "RECORD_GONE")["details"]
    assert reset is not None
    assert "reset" == reset.name
    assert [1] == listed(command)
