"""`iotconfig devices` and `iotconfig device`, on a database and on a service."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from iotconfig.adapters.cli.terminal import redraw
from tests.support.command_line import CommandLine
from tests.support.fleet import Fleet, fleet_on
from tests.support.hostile import HOSTILE, assert_harmless
from tests.support.serving import environment
from tests.support.terminal import terminal

FIRST, SECOND, THIRD = (f"02:00:00:00:00:0{number}" for number in (1, 2, 3))


@pytest.fixture
def command(quick: CommandLine) -> CommandLine:
    """The command line, with three configs."""
    for mac in (FIRST, SECOND, THIRD):
        quick.ok("config", "create", mac, json.dumps({"deviceName": f"Lamp {mac[-1]}", "n": 1}))
    return quick


@pytest.fixture
def fleet(sqlite_url: str) -> Iterator[Fleet]:
    """The devices."""
    with fleet_on(sqlite_url) as found:
        yield found


def listed(command: CommandLine, *options: str) -> Any:
    """What `--json` prints."""
    return json.loads(command.ok("devices", "--json", *options).text)


def macs(command: CommandLine, *options: str) -> list[str]:
    """The MAC addresses of the listed devices."""
    return [each["mac_address"] for each in listed(command, *options)["devices"]]


def test_states(command: CommandLine, fleet: Fleet) -> None:
    """Each device with its state, what it runs of what it is to run, and the counts."""
    fleet.sync(FIRST)
    fleet.report(SECOND, "rejected", fleet.etag(SECOND), pointer="/n", reason="1 > 0", firmware="1.4.2")
    command.ok("tag", "add", "kitchen", "floor-3", "--mac", FIRST)
    shown = command.ok("devices").text
    assert re.search(rf"{FIRST} +Lamp 1 +in_sync +\ds +1 of 1 +- +floor-3 kitchen\n", shown)
    assert re.search(rf"{SECOND} +Lamp 2 +rejected +\ds +\? of 1 +1\.4\.2 +-\n", shown)
    assert re.search(rf"{THIRD} +Lamp 3 +never +never +\? of 1 +- +-\n", shown)
    assert "\n3 devices, 1 never, 1 rejected, 1 in_sync, in " in shown
    found = listed(command)
    assert {"devices", "counts", "more", "as_of"} == found.keys()
    assert {"never": 1, "rejected": 1, "in_sync": 1} == {
        state: count for state, count in found["counts"].items() if count
    }
    assert ["in_sync", "rejected", "never"] == [each["state"] for each in found["devices"]]
    assert "evidence" not in found["devices"][0]


def test_filters(command: CommandLine, fleet: Fleet) -> None:
    """By state, tag, firmware and text, all of which must hold."""
    fleet.sync(FIRST)
    fleet.report(SECOND, "applied", fleet.etag(SECOND), firmware="1.4.2")
    command.ok("tag", "add", "kitchen", "--mac", FIRST, "--mac", THIRD)
    assert [FIRST, SECOND] == macs(command, "--state", "in_sync")
    assert [FIRST, THIRD] == macs(command, "--tag", "kitchen")
    assert [SECOND] == macs(command, "--tag", "!kitchen")
    assert [FIRST] == macs(command, "--tag", "kitchen", "--state", "in_sync")
    assert [SECOND] == macs(command, "--firmware", "1.4.2")
    assert [] == macs(command, "--firmware", "1.4")
    assert [THIRD] == macs(command, "--search", "lamp 3")
    assert [] == macs(command, "--overdue")
    assert [FIRST, SECOND, THIRD] == macs(command, "--not-overdue")
    assert [FIRST, SECOND] == macs(command, "--limit", "2")
    for options in (["--limit", "2"], ["--state", "in_sync"]):
        assert "\n2 shown; 3 devices, 1 never, 2 in_sync, in " in command.ok("devices", *options).text
    assert "\n0 shown; 3 devices, 1 never, 2 in_sync, in " in command.ok("devices", "--overdue").text


def test_former_devices(command: CommandLine, fleet: Fleet) -> None:
    """Deleted and replaced ones, with the board that took their place."""
    fleet.report(FIRST, "applied", fleet.etag(FIRST), firmware="1.4.2")
    command.ok("config", "delete", FIRST, "--yes")
    command.ok("config", "replace-device", SECOND, "02:00:00:00:00:09")
    shown = command.ok("devices", "--former").text
    assert re.search(rf"{FIRST} +- +\d{{4}}-[^\n]+ 1\.4\.2\n{SECOND} +02:00:00:00:00:09 +- +-\n", shown)
    assert "\n2 former devices, in " in shown
    found = json.loads(command.ok("devices", "--former", "--json", "--limit", "1").text)
    assert [FIRST] == [each["mac_address"] for each in found["former"]]
    assert "takes no other option" in command.run("devices", "--former", "--state", "never").errors


@pytest.mark.parametrize(
    ("columns", "headers"),
    [
        (60, "MAC ADDRESS NAME STATE SEEN HAS"),
        (80, "MAC ADDRESS NAME STATE SEEN HAS FIRMWARE TAGS"),
        (120, "MAC ADDRESS NAME STATE SEEN HAS FIRMWARE TAGS"),
    ],
)
def test_widths(command: CommandLine, fleet: Fleet, columns: int, headers: str) -> None:
    """Columns drop before rows break."""
    fleet.report(FIRST, "applied", fleet.etag(FIRST), firmware="1.4.2-nightly-of-november")
    command.ok("tag", "add", "kitchen", "floor-3", "second-floor", "battery", "--all", "--yes")
    lines = command.at_terminal("devices", columns=columns).succeeded().text.splitlines()

    assert headers.split() == lines[0].split()
    assert max(map(len, lines[:5])) <= columns


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["devices", "--state", "sync"], "'sync' is not one of"),
        (["devices", "--tag", "Kitchen"], "is no tag"),
        (["devices", "--limit", "0"], "0 is not in the range x>=1"),
        (["devices", "--watch"], "--watch is for a terminal; 'iotconfig wait' waits in a script."),
        (["device", "02:00:00:00:00:09"], "Config 02:00:00:00:00:09 was not found"),
        (["device", "Lamp 9"], "is no id, no MAC address"),
        (["device"], "Missing argument 'ID|MAC|NAME'"),
    ],
)
def test_refusals(command: CommandLine, arguments: list[str], words: str) -> None:
    """The error names the rule."""
    ended = command.run(*arguments)

    assert 0 != ended.status
    assert words in ended.errors


def test_a_live_list(command: CommandLine, fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is shown again in place, until Ctrl-C."""
    screens = 0

    def show(text: str) -> None:
        nonlocal screens
        redraw(text)
        screens += 1
        if " in_sync " in text:
            raise KeyboardInterrupt
        if screens == 1:
            fleet.sync(FIRST)

    monkeypatch.setattr("iotconfig.adapters.cli.devices.redraw", show)
    shown = command.at_terminal("devices", "--watch").succeeded().text
    first, *_, last = shown.replace("\x1b[K", "").split("\x1b[H")[1:]

    assert "\n3 devices, 3 never, in " in first
    assert "\n3 devices, 2 never, 1 in_sync, in " in last


def test_a_live_list_of_more_devices_than_lines(
    command: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says how many there are below."""
    for number in range(10, 40):
        command.ok("config", "create", f"0200000000{number}", "{}")

    def interrupt(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("iotconfig.adapters.cli.devices.sleep", interrupt)
    shown = command.at_terminal("devices", "--watch").succeeded().text.replace("\x1b[K", "")

    assert 15 == shown.count("02:00:00:00:00:")
    assert "\n\n… and 18 more: --state, --tag and --search show fewer.\n\n33 devices, 33 never, in " in shown
    assert shown.count("\n") <= 24


def test_a_device(command: CommandLine, fleet: Fleet) -> None:
    """The sentence, the evidence, and what differs between what it runs and what it is to run."""
    fleet.sync(FIRST)
    assert "It runs the document that it is to run.\n" in command.ok("device", "Lamp 1").text
    command.ok("config", "set", FIRST, '{"deviceName": "Lamp 1", "n": 2}')
    etag = fleet.etag(FIRST)
    fleet.report(FIRST, "rejected", etag, pointer="/n", reason="2 > 1", firmware="1.4.2")
    command.ok("tag", "add", "kitchen", "--mac", FIRST)
    command.ok("tag", "note", "Behind the \x1b[31mdoor", "--mac", FIRST)
    shown = command.ok("device", FIRST).text
    first, _, rest = shown.partition("\n")
    assert re.fullmatch(r"Runs 1 of 2; refused 2 at /n: 2 > 1; seen (just now|\d seconds? ago)\.", first)
    for line in (
        f"MAC address   {FIRST}\n", "state         rejected\n", "runs          1\n", "is to run     2\n",
        "firmware      1.4.2\n", "tags          kitchen\n", "note          Behind the \\x1b[31mdoor\n",
    ):  # fmt: skip
        assert line in rest
    assert re.search(r"\nrejected +2 +\d{4}-[^\n]+ 1\.4\.2\n", rest)
    assert re.search(r"\nholds +1 +\d{4}-", rest)
    assert f"\n--- {FIRST}.json revision 1\n+++ {FIRST}.json revision 2\n" in rest
    assert '\n-  "n": 1\n+  "n": 2\n' in rest
    found = json.loads(command.ok("device", FIRST, "--json").text)
    assert {"device", "difference", "note"} == found.keys()
    assert ["rejected", 1, 2] == [found["device"][name] for name in ("state", "held", "wanted")]
    assert {"fetched", "holds", "rejected"} == {each["kind"] for each in found["device"]["evidence"]}
    assert [{"op": "replace", "path": "/n", "value": 2}] == found["difference"]["json_patch"]
    assert found["note"] is None


def test_the_past_of_a_device(command: CommandLine, fleet: Fleet) -> None:
    """How its state changed, the newest first, and by what."""
    fleet.sync(FIRST)
    fleet.report(FIRST, "rejected", fleet.etag(FIRST), pointer="/n", reason="1 > 0", firmware="1.4.2")
    assert "as its own, and refused it.\n" in command.ok("device", FIRST).text
    shown = command.ok("device", "Lamp 1", "--history").text
    assert re.search(r"rejected +1 +rejected +/n +1 > 0 +1\.4\.2\n.*in_sync +1 +holds +- +- +-\n", shown)
    assert re.search(rf"\n\n\d changes of the state of {FIRST}, in ", shown)
    found = json.loads(command.ok("device", FIRST, "--history", "--json").text)
    assert {"changes", "next"} == found.keys()
    assert ["rejected", "in_sync"] == [each["state"] for each in found["changes"]][:2]
    assert "/n" == found["changes"][0]["evidence"]["pointer"]
    assert "0 changes of the state" in command.ok("device", SECOND, "--history").text


def test_a_device_of_which_little_is_known(command: CommandLine, fleet: Fleet) -> None:
    """What cannot be shown is said: never seen, silent firmware, an unknown document, a pruned one."""
    assert re.match(r"Never seen\.\n", command.ok("device", FIRST).text)
    fleet.fetch(FIRST)
    silent = command.ok("device", FIRST).text
    assert "its firmware does not say what it runs.\n" in silent
    assert silent.endswith("\nWhat it runs is unknown: it has not said so.\n")
    fleet.fetch(SECOND, '"0123456789abcdef"')
    unknown = (
        "It runs a document that is not among the last 1000 of its config: what differs cannot be shown."
    )
    assert command.ok("device", SECOND).text.endswith(f"\n{unknown}\n")
    assert unknown == json.loads(command.ok("device", SECOND, "--json").text)["note"]
    fleet.sync(THIRD)
    for number in (2, 3):
        command.ok("config", "set", THIRD, f'{{"deviceName": "Lamp 3", "n": {number}}}')
    CommandLine({"DATABASE_URL": command.environ["DATABASE_URL"]}).ok("prune-history", "--keep", "1")
    pruned = "It runs document 1, which the history no longer has: what differs cannot be shown."
    assert command.ok("device", THIRD).text.endswith(f"\n{pruned}\n")


def test_a_deleted_device(command: CommandLine) -> None:
    """The error says when it was deleted, and how it is restored, as that of `config show` does."""
    command.ok("config", "delete", FIRST, "--yes")

    assert command.run("config", "show", FIRST).errors == command.run("device", FIRST).errors


@pytest.mark.parametrize(
    "arguments",
    [
        ["devices"],
        ["devices", "--watch"],
        ["device", FIRST],
        ["device", FIRST, "--history"],
        ["wait", "--all", "--timeout", "0"],
    ],
    ids=" ".join,
)
def test_what_a_device_says_is_harmless(
    command: CommandLine, fleet: Fleet, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its report, the name and the note in its config get no control of the terminal."""
    command.ok("config", "set", FIRST, json.dumps({"deviceName": HOSTILE}), "--yes")
    command.ok("tag", "note", HOSTILE, "--mac", FIRST)
    fleet.report(
        FIRST,
        "rejected",
        fleet.etag(FIRST),
        pointer=f"/{HOSTILE}"[:20],
        reason=HOSTILE[:20],
        firmware=HOSTILE[:20],
    )

    def interrupt(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("iotconfig.adapters.cli.devices.sleep", interrupt)
    shown = command.at_terminal(*arguments, columns=200).text
    for own in ("\x1b[H", "\x1b[K", "\x1b[J", "\n"):
        shown = shown.replace(own, "")

    assert_harmless(shown)


def test_a_live_list_at_a_terminal(command: CommandLine, fleet: Fleet) -> None:
    """It follows the devices, and Ctrl-C ends it without an error."""
    settings = dict(command.environ)
    env = environment(settings.pop("DATABASE_URL"), **settings)
    with terminal("devices", "--watch", env=env) as shown:
        shown.wait_for("3 devices, 3 never, in ")
        fleet.sync(FIRST)
        shown.wait_for("3 devices, 2 never, 1 in_sync, in ")
        shown.type("\x03")
        assert (0, False) == (shown.end(), "Aborted" in shown.text)


def test_documents_that_layers_make(command: CommandLine, fleet: Fleet) -> None:
    """The difference is that of documents; where the one that runs is not a revision, the command that shows it is named."""
    fleet.sync(FIRST)
    command.ok("layer", "set", "base", '{"zone": "hall"}', "--all")
    shown = command.ok("device", FIRST).text
    assert f"--- {FIRST}.json revision 1\n+++ {FIRST}.json document 2\n" in shown
    assert '+  "zone": "hall"' in shown
    fleet.sync(FIRST)
    command.ok("layer", "set", "base", '{"zone": "attic"}', "--all")

    assert command.ok("device", FIRST).text.endswith(
        f"\nIt runs document 2, which layers or secrets took part in: 'iotconfig explain {FIRST} --at TIME' shows what it was served "
        "at a time.\n"
    )
