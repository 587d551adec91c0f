"""`iotconfig tag`, and the option `--tag`, on a database and on a service."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from tests.support.command_line import CommandLine
from tests.support.socket_service import api_on_socket

FIRST, SECOND, THIRD = (f"02:00:00:00:00:0{number}" for number in (1, 2, 3))


@pytest.fixture(params=["database", "service"])
def command(request: pytest.FixtureRequest, sqlite_url: str) -> Iterator[CommandLine]:
    """The command line on either, with three configs."""
    local = CommandLine({"DATABASE_URL": sqlite_url})
    for mac in (FIRST, SECOND, THIRD):
        local.ok("config", "create", mac, json.dumps({"deviceName": f"Lamp {mac[-1]}", "n": int(mac[-1])}))
    if request.param == "database":
        yield local
        return
    with api_on_socket(sqlite_url) as url:
        yield CommandLine({"IOTCONFIG_URL": url})


def tagged(command: CommandLine, *options: str) -> dict[str, tuple[list[str], str | None]]:
    """Tags and note of the listed configs, by the MAC address."""
    found = json.loads(command.ok("config", "list", "--json", *options).text)
    assert found["count"] == len(found["configs"])
    return {each["mac_address"]: (each["tags"], each["note"]) for each in found["configs"]}


def test_tags_of_a_selection(command: CommandLine) -> None:
    """They are added, listed, selected by, removed and undone."""
    added = command.ok("tag", "add", "kitchen", "floor-3", "--mac", FIRST, "--mac", SECOND, "-m", "moved")
    assert "2 changed, 0 same, 0 refused: stored, in " in added.text
    assert f"{FIRST}  changed  +floor-3 +kitchen\n" in added.text
    removed = command.ok("tag", "remove", "kitchen", "--where", "n=2", "--tag", "floor-3")
    assert "1 changed" in removed.text
    assert {FIRST: (["floor-3", "kitchen"], None)} == tagged(command, "--tag", "kitchen")
    assert {SECOND: (["floor-3"], None)} == tagged(command, "--tag", "floor-3", "--tag", "!kitchen")
    assert [THIRD] == [*tagged(command, "--tag", "!floor-3")]
    listed = json.loads(command.ok("tag", "list", "--json").text)
    assert {"tags": [{"tag": "floor-3", "devices": 2}, {"tag": "kitchen", "devices": 1}]} == listed
    assert re.search(r"floor-3 +2\n.*kitchen +1\n\n2 tags in ", command.ok("tag", "list").text, re.DOTALL)
    patched = command.ok("patch", "--tag", "kitchen", "--set", "a=1", "--yes", "--dry-run")
    assert "1 changed, 0 same" in patched.text
    change = re.findall(r"^change (\w+);", removed.text, re.MULTILINE)[0]
    assert f"{SECOND}  changed  +kitchen\n" in command.ok("undo", change, "--dry-run").text
    assert "1 rolled back" in command.ok("undo", change).text
    assert [FIRST, SECOND] == [*tagged(command, "--tag", "kitchen")]


def test_notes(command: CommandLine) -> None:
    """A note is set and removed; `config show` prints it, harmless, and the tags."""
    noted = command.ok("tag", "note", "Behind\x1b[31m the door", "--name", "Lamp 1").text
    assert rf'{FIRST}  changed  note "Behind\x1b[31m the door"' in noted
    command.ok("tag", "add", "b", "a", "--name", "Lamp 1")
    shown = command.ok("config", "show", FIRST).text
    assert r"note          Behind\x1b[31m the door" in shown
    assert "tags          a b\n" in shown
    removed = command.ok("tag", "note", "--remove", "--all", "--json").text
    assert {"before": "Behind\x1b[31m the door", "after": None} == json.loads(removed)["results"][0]["note"]
    assert (["a", "b"], None) == tagged(command)[FIRST]
    assert "\nnote " not in command.ok("config", "show", FIRST).text


def test_a_dry_run_and_json(command: CommandLine) -> None:
    """Nothing is stored; the report has the members of the API."""
    report = json.loads(command.ok("tag", "add", "a", "--all", "--dry-run", "--json").text)
    assert (True, 3, 0, None) == (report["dry_run"], report["changed"], report["same"], report["change"])
    assert [FIRST, SECOND, THIRD] == [each["mac_address"] for each in report["results"]]
    assert {"tags": []} == json.loads(command.ok("tag", "list", "--json").text)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["tag", "add", "a"], "Select configs with"),
        (["tag", "add", "Kitchen", "--all"], "is no tag"),
        (["tag", "note", "--all"], "Give the text of the note, or --remove."),
        (["tag", "note", "x", "--remove", "--all"], "Give the text of the note, or --remove."),
        (["tag", "add", "a", "--all", "--expect", "2"], "expected"),
        (["tag", "add", "a", "--tag", "none"], "No config is selected"),
        (["tag", "add", *(f"t{n}" for n in range(33)), "--all"], "at most 32 tags"),
        (["config", "list", "--tag", "a", "--deleted"], "cannot be used with --deleted"),
        (["config", "list", "--tag", "a", "--tag", "!a"], "finds nothing"),
    ],
)
def test_refusals(command: CommandLine, arguments: list[str], words: str) -> None:
    """The error names the rule, and nothing is stored."""
    ended = command.run(*arguments)
    assert 0 != ended.status
    assert words in ended.errors + ended.text
    assert {"tags": []} == json.loads(command.ok("tag", "list", "--json").text)


def test_a_dry_run_says_who_is_served_another_document(command: CommandLine) -> None:
    """The lines name it, and JSON has both ETags."""
    command.ok("layer", "set", "floor", '{"floor":3}', "--tag", "floor-3", "--rank", "1")
    line = f"{FIRST}  changed  +floor-3, another document\n"
    assert line in command.ok("tag", "add", "floor-3", "--mac", FIRST, "--dry-run").text
    (found,) = command.ok("tag", "add", "floor-3", "--mac", FIRST, "--dry-run", "--json").json()["results"]
    assert found["document"]["before"] != found["document"]["after"]
    assert line in command.ok("tag", "add", "floor-3", "--mac", FIRST).text
