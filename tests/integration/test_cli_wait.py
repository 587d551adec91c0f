"""`iotconfig wait`, on a database and on a service."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import pytest

from iotconfig.domain.errors import StoreUnavailable
from tests.support.command_line import CommandLine
from tests.support.fleet import Fleet, fleet_on
from tests.support.serving import environment
from tests.support.terminal import terminal
from tests.support.tokens import device_token

FIRST, SECOND, THIRD = (f"02:00:00:00:00:0{number}" for number in (1, 2, 3))
Events = Callable[..., None]


@pytest.fixture
def command(quick: CommandLine) -> CommandLine:
    """The command line, with three configs, two of them tagged."""
    for mac in (FIRST, SECOND, THIRD):
        quick.ok("config", "create", mac, json.dumps({"deviceName": f"Lamp {mac[-1]}", "n": 1}))
    quick.ok("tag", "add", "kitchen", "--mac", FIRST, "--mac", SECOND)
    return quick


@pytest.fixture
def fleet(sqlite_url: str) -> Iterator[Fleet]:
    """The devices; one that sends a token is known by it."""
    with fleet_on(sqlite_url, IOTCONFIG_DEVICE_AUTH="optional") as found:
        yield found


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Events:
    """Lets one event happen in each pause of the wait; there must not be more pauses."""

    def happens(*events: Callable[[], object]) -> None:
        left = list(events)

        def pause(_seconds: float) -> None:
            left.pop(0)()

        monkeypatch.setattr("iotconfig.adapters.cli.watched_devices.sleep", pause)

    return happens


def test_devices_arrive(command: CommandLine, fleet: Fleet, meanwhile: Events) -> None:
    """The wait ends when the last of them runs its document; devices that are not selected do not matter."""
    meanwhile(
        lambda: fleet.fetch(FIRST, '"0123456789abcdef"'),
        lambda: fleet.sync(SECOND),
        lambda: fleet.sync(FIRST),
    )
    shown = command.ok("wait", "--tag", "kitchen").text

    assert re.fullmatch(r"2 in_sync, of 2 devices, after \d+s, in \S+\n", shown)


def test_some_do_not_arrive(command: CommandLine, fleet: Fleet) -> None:
    """They are listed, with the reason, and the status is 1."""
    fleet.sync(FIRST)
    fleet.report(SECOND, "rejected", fleet.etag(SECOND), pointer="/n", reason="1 > 0")
    ended = command.run("wait", "--all", "--timeout", "0")

    assert 1 == ended.status
    assert re.search(rf"{SECOND} +Lamp 2 +rejected +Refused 1 at /n: 1 > 0; seen", ended.text)
    assert re.search(rf"{THIRD} +Lamp 3 +never +Never seen\.\n", ended.text)
    assert FIRST not in ended.text
    assert re.search(r"\n1 in_sync, 2 not \(1 rejected, 1 never\), of 3 devices, after 0s, in ", ended.text)
    found = json.loads(command.run("wait", "--all", "--timeout", "0", "--json").text)
    assert ("in_sync", False, 3, []) == tuple(
        found[name] for name in ("until", "reached", "devices", "silent")
    )
    assert [SECOND, THIRD] == [each["mac_address"] for each in found["missing"]]


def test_many_that_do_not_arrive(command: CommandLine, fleet: Fleet) -> None:
    """A terminal shows twenty of them, those that refuse their document first; a pipe gets all."""
    for number in range(0x10, 0x26):
        command.ok("config", "create", f"02:00:00:00:00:{number:02x}", "{}")
    fleet.report(THIRD, "rejected", fleet.etag(THIRD))
    shown = command.at_terminal("wait", "--all", "--timeout", "0", columns=140)
    listed = [line[:17] for line in shown.text.splitlines() if line.startswith("02:")]

    assert (20, THIRD, FIRST) == (len(listed), *listed[:2])
    assert (
        "\n… and 5 more: --json lists all.\n0 in_sync, 25 not (1 rejected, 24 never), of 25 devices"
        in shown.text
    )
    piped = command.run("wait", "--all", "--timeout", "0").text
    assert 25 == sum(line.startswith("02:") for line in piped.splitlines())


@pytest.mark.parametrize("until", ["in_sync", "delivered"])
def test_silent_firmware(command: CommandLine, fleet: Fleet, until: str) -> None:
    """A device that never says what it runs counts when it was given its document, and is listed as such."""
    fleet.fetch(FIRST)
    command.ok("config", "patch", FIRST, "--set", "n=2")
    fleet.fetch(FIRST)
    fleet.sync(SECOND)
    shown = command.ok("wait", "--tag", "kitchen", "--until", until, "--timeout", "0").text

    assert re.search(
        rf"{FIRST} +Lamp 1 +delivered +Was given 2.*; its firmware does not say what it runs\.\n", shown
    )
    assert SECOND not in shown
    assert (
        f"\n1 {until}, 1 given the document, with firmware that does not say what it runs, of 2 devices"
        in shown
    )
    found = json.loads(command.ok("wait", "--tag", "kitchen", "--timeout", "0", "--json").text)
    assert (True, [FIRST]) == (found["reached"], [each["mac_address"] for each in found["silent"]])


def test_a_new_device_that_has_not_spoken_yet(command: CommandLine, fleet: Fleet, meanwhile: Events) -> None:
    """After its first fetch, it may still say what it runs; that is enough only for `delivered`."""
    etag = fleet.fetch(FIRST)
    assert 1 == command.run("wait", FIRST, "--timeout", "0").status
    command.ok("wait", FIRST, "--timeout", "0", "--until", "delivered")
    meanwhile(lambda: fleet.fetch(FIRST, etag))

    assert command.ok("wait", FIRST).text.startswith("1 in_sync, of 1 device,")


def test_a_delivered_document_is_not_one_that_runs(command: CommandLine, fleet: Fleet) -> None:
    """A device that has named documents before does not count as in sync before it names this one."""
    fleet.sync(FIRST)
    command.ok("config", "patch", FIRST, "--set", "n=2")
    assert 1 == command.run("wait", FIRST, "--timeout", "0", "--until", "delivered").status
    fleet.fetch(FIRST)

    assert 1 == command.run("wait", FIRST, "--timeout", "0").status
    assert command.ok("wait", FIRST, "--timeout", "0", "--until", "delivered").text.startswith(
        "1 delivered, of 1 device"
    )


def test_a_delivered_document_is_not_an_unknown_one_that_runs(command: CommandLine, fleet: Fleet) -> None:
    """Nor does one count that ran a document from elsewhere, of which no number is known: its firmware says what it runs."""
    fleet.fetch(FIRST, '"elsewhere"')
    fleet.fetch(SECOND, '"elsewhere"')
    fleet.fetch(SECOND, '"elsewhere"')

    ended = command.run("wait", FIRST, SECOND, "--timeout", "0")
    assert (1, 2) == (ended.status, ended.text.count("ran another document before"))
    assert command.ok("wait", FIRST, SECOND, "--timeout", "0", "--until", "delivered").text.startswith(
        "2 delivered, of 2 devices"
    )


def test_a_change_while_it_waits(command: CommandLine, fleet: Fleet, meanwhile: Events) -> None:
    """All must run what they are to run at one time."""
    fleet.sync(FIRST)

    def arrive_and_change() -> None:
        fleet.sync(SECOND)
        command.ok("config", "patch", FIRST, "--set", "n=2")

    meanwhile(arrive_and_change, lambda: fleet.sync(FIRST))

    assert command.ok("wait", "--tag", "kitchen").text.startswith("2 in_sync, of 2 devices")


def test_rejected_devices(command: CommandLine, fleet: Fleet, meanwhile: Events) -> None:
    """They are waited for, since somebody may mend the document; with --fail-fast, they end the wait."""
    fleet.report(FIRST, "rejected", fleet.etag(FIRST), reason="no")

    def mend() -> None:
        command.ok("config", "patch", FIRST, "--set", "n=2")
        fleet.sync(FIRST)

    meanwhile()
    ended = command.run("wait", FIRST, "--fail-fast")
    assert (1, True) == (ended.status, " rejected " in ended.text)
    meanwhile(mend)
    command.ok("wait", FIRST)


def test_proofs(command: CommandLine, fleet: Fleet, sqlite_url: str) -> None:
    """Only evidence that came with the device's token counts."""
    fleet.sync(FIRST)
    assert 1 == command.run("wait", FIRST, "--timeout", "0", "--proof", "token").status
    fleet.sync(FIRST, device_token(sqlite_url, FIRST))

    command.ok("wait", FIRST, "--timeout", "0", "--proof", "token")
    command.ok("wait", FIRST, "--timeout", "0", "--proof", "broker", "--proof", "token")
    assert 1 == command.run("wait", FIRST, "--timeout", "0", "--proof", "broker").status


def test_a_device_that_is_deleted(command: CommandLine, fleet: Fleet, meanwhile: Events) -> None:
    """Named by its MAC address, it is missing; selected by a tag, it is selected no longer."""
    fleet.sync(FIRST)
    meanwhile(lambda: command.ok("config", "delete", SECOND, "--yes"))
    assert command.ok("wait", "--tag", "kitchen").text.startswith("1 in_sync, of 1 device,")
    command.ok("config", "restore", SECOND)
    meanwhile(
        lambda: command.ok("config", "delete", SECOND, "--yes"),
        lambda: fleet.report(FIRST, "rejected", fleet.etag(FIRST)),
    )
    ended = command.run("wait", SECOND, FIRST, "--fail-fast")

    assert 1 == ended.status
    assert re.search(rf"{SECOND} .* Its config was deleted, or moved to another board\.\n", ended.text)


def test_a_database_that_is_away_meanwhile(
    command: CommandLine, fleet: Fleet, meanwhile: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked again, and said to be away once each time; the wait ends with its error only where it is away at the
    first look, or at the last.
    """
    from iotconfig.adapters.cli.watched_devices import SelectedDevices

    answers: list[bool] = []
    look = SelectedDevices.look

    def sometimes(selected: SelectedDevices) -> object:
        if not answers.pop(0):
            raise StoreUnavailable("The database is away.")
        return look(selected)

    monkeypatch.setattr(SelectedDevices, "look", sometimes)
    meanwhile(*[lambda: None] * 4, lambda: fleet.sync(FIRST))
    answers += [True, False, False, True, False, True]
    ended = command.run("wait", FIRST)
    assert (0, "The database is away. Asking again.\n" * 2) == (ended.status, ended.errors)
    answers += [False]
    assert "Error: The database is away.\n" == command.run("wait", FIRST).errors
    answers += [True, False]
    meanwhile(lambda: None)
    ended = command.run("wait", SECOND, "--timeout", "0")
    assert (1, "") == (ended.status, ended.errors)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Name devices, or select them with --tag or --search; or give --all."),
        (["--all", "--tag", "kitchen"], "Name devices, or select them"),
        (["--all", FIRST], "Name devices, or select them"),
        (["--tag", "none"], "No device is selected. --allow-empty accepts that."),
        (["02:00:00:00:00:09"], "Config 02:00:00:00:00:09 was not found"),
        (["02:00"], "has an invalid format"),
        (["Lamp 9"], "is no id, no MAC address"),
        (["--all", "--timeout", "10"], "'10' is not a duration: use 90s, 10m"),
        (["--all", "--until", "rejected"], "'rejected' is not one of 'in_sync', 'delivered'"),
        (["--all", "--proof", "none"], "'none' is not one of 'token', 'broker'"),
    ],
)
def test_refusals(command: CommandLine, arguments: list[str], words: str) -> None:
    """The error names the rule."""
    ended = command.run("wait", "--timeout", "0", *arguments)

    assert 0 != ended.status
    assert words in ended.errors
    assert 0 == command.run("wait", "--tag", "none", "--allow-empty", "--timeout", "0").status


def test_progress_on_a_terminal_only(command: CommandLine, fleet: Fleet) -> None:
    """A bar on standard error; nothing in a pipe."""
    fleet.sync(FIRST)
    assert "" == command.ok("wait", FIRST, "--timeout", "0").errors
    shown = command.at_terminal("wait", "--tag", "kitchen", "--timeout", "0")

    assert 1 == shown.status
    assert "1/2" in shown.errors


def test_a_wait_at_a_terminal(command: CommandLine, fleet: Fleet) -> None:
    """The bar follows the devices; Ctrl-C ends the wait."""
    settings = dict(command.environ)
    env = environment(settings.pop("DATABASE_URL"), **settings)
    with terminal("wait", FIRST, env=env) as shown:
        shown.wait_for("0/1")
        fleet.sync(FIRST)
        shown.wait_for("1 in_sync, of 1 device")
        assert (0, True) == (shown.end(), "1/1" in shown.text)
    with terminal("wait", SECOND, env=env) as shown:
        shown.wait_for("0/1")
        shown.type("\x03")
        assert (1, True) == (shown.end(), "Aborted!" in shown.text)
