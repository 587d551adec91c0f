"""`iotconfig announce` and `iotconfig notifications`, on each kind of database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from attrs import evolve

from iotconfig.domain.announcing.ports import NotificationQueue
from iotconfig.domain.announcing.relay_reports import Destination, RelayReport
from iotconfig.entrypoints.settings import Settings
from iotconfig.entrypoints.wiring.services import open_services
from iotconfig.testing.builders import mac
from tests.support.command_line import CommandLine
from tests.support.serving import environment

LATER = datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture
def queue(database_url: str) -> Iterator[NotificationQueue]:
    """The queue as a relay reads it."""
    with open_services(Settings.from_environ({"DATABASE_URL": database_url})) as services:
        yield services.persistence.notifications


def store(command: CommandLine, *numbers: int) -> None:
    for number in numbers:
        command.ok("config", "create", str(mac(number)), "{}")


def take_all(queue: NotificationQueue) -> list[tuple[str, bool]]:
    """Remove all pending notifications; returns each subject, and whether it has a hint."""
    found = queue.due(LATER, 1000)
    queue.acknowledge(found, [])
    return sorted((n.announcement.subject.key, n.announcement.restart_hint) for n in found)


def park(queue: NotificationQueue, number: int) -> None:
    pending = next(n for n in queue.find(9) if n.announcement.subject.key == str(mac(number)))
    queue.acknowledge([], [evolve(pending, parked=True, refusals=5, last_error="Not authorized (topic)")])


def test_named_devices_get_hints(command: CommandLine, queue: NotificationQueue) -> None:
    """Devices are named by MAC addresses in any spelling, ids and names, and announced once; others get no hint."""
    store(command, 1, 2, 3, 4)
    command.ok("config", "set", str(mac(4)), '{"deviceName": "Porch"}')
    take_all(queue)

    spellings = (str(mac(1)).upper().replace(":", "-"), str(mac(1)).replace(":", ""))
    done = command.ok("announce", *spellings, "3", "porch")

    assert [(str(mac(number)), True) for number in (1, 3, 4)] == take_all(queue)
    assert done.text.startswith("3 configs to be announced")


def test_selected_devices_get_hints(command: CommandLine, queue: NotificationQueue, tmp_path: Path) -> None:
    """Configs are selected as by `patch`, and no revision is made."""
    store(command, 1, 2, 3)
    command.ok("config", "set", str(mac(2)), '{"deviceName": "Porch", "gain": 1.0}')
    command.ok("config", "set", str(mac(3)), '{"deviceName": "Hall", "gain": 1, "enableOTA": true}')
    take_all(queue)
    (tmp_path / "devices").write_text(f"{mac(1)}\n")

    selected = {
        ("--where", "gain=1", "--expect", "2"): [2, 3],
        ("--name", "Porch", "--from-file", str(tmp_path / "devices")): [1, 2],
        ("--mac", str(mac(1)), "--name", "Hall", "--where", "/gain=1"): [3],
        ("--match", "PORCH"): [2],
        ("--ota", "--yes"): [3],
        ("--match", "unknown", "--allow-empty"): [],
    }
    for options, numbers in selected.items():
        assert {"configs": len(numbers)} == command.ok("announce", *options, "--json").json()
        assert [(str(mac(number)), True) for number in numbers] == take_all(queue)
    assert [1, 2, 2] == [c["revision"] for c in command.ok("config", "list", "--json").json()["configs"]]


def test_all_restores_the_retained_messages(command: CommandLine, queue: NotificationQueue) -> None:
    """No device gets a hint."""
    store(command, 1, 2)
    take_all(queue)

    assert command.ok("announce", "--all").text.startswith("2 configs to be announced")
    assert [(str(mac(1)), False), (str(mac(2)), False)] == take_all(queue)


@pytest.mark.parametrize(
    ("rate", "gap"),
    [pytest.param([], 0.1, id="default"), pytest.param(["--rate", "0.5"], 2.0, id="rate")],
)
def test_hints_to_all_devices_are_paced(
    command: CommandLine, queue: NotificationQueue, rate: list[str], gap: float
) -> None:
    """One device follows the other at the requested rate."""
    store(command, 1, 2, 3)
    take_all(queue)

    command.ok("announce", "--all", "--restart-hint", *rate)

    found = queue.due(LATER, 9)
    assert [True] * 3 == [n.announcement.restart_hint for n in found]
    assert [timedelta(seconds=gap * n) for n in range(3)] == [n.due_at - found[0].due_at for n in found]


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        pytest.param([], 2, id="no-device"),
        pytest.param(["--all", str(mac(1))], 2, id="all-and-one"),
        pytest.param(["--restart-hint", str(mac(1))], 2, id="hint-one"),
        pytest.param(["--restart-hint"], 2, id="hint-without-device"),
        pytest.param(["--rate", "5", str(mac(1))], 2, id="rate-without-all"),
        pytest.param(["--all", "--rate", "5"], 2, id="rate-without-hint"),
        pytest.param(["--all", "--restart-hint", "--rate", "0"], 2, id="rate-too-low"),
        pytest.param(["--all", "--restart-hint", "--rate", "1001"], 2, id="rate-too-high"),
        pytest.param(["--all", "--restart-hint", "--rate", "nan"], 2, id="rate-no-number"),
        pytest.param(["02:00"], 1, id="no-mac-address"),
        pytest.param([str(mac(1)), str(mac(9))], 1, id="one-unknown"),
        pytest.param(["--mac", str(mac(1)), "--mac", str(mac(9))], 1, id="one-selected-unknown"),
        pytest.param(["--where", "/a=1"], 1, id="nothing-selected"),
        pytest.param(["--ota", "--no-ota", "--expect", "2"], 1, id="another-number"),
        pytest.param(["--mac", str(mac(1)), str(mac(1))], 2, id="selected-and-named"),
        pytest.param(["--mac", str(mac(1)), "--all"], 2, id="selected-and-all"),
        pytest.param([str(mac(1)), "--expect", "1"], 2, id="named-and-expected"),
        pytest.param(["--all", "--allow-empty"], 2, id="all-and-empty"),
    ],
)
def test_unknown_devices_cannot_be_announced(
    command: CommandLine, queue: NotificationQueue, arguments: list[str], status: int
) -> None:
    """The refusal has the reason, and no device is announced, valid ones included."""
    store(command, 1)
    take_all(queue)

    done = command.run("announce", *arguments)

    assert (status, b"") == (done.status, done.output)
    assert "Error: " in done.errors
    assert "Traceback" not in done.errors
    assert [] == take_all(queue)


def test_an_empty_list(command: CommandLine) -> None:
    """One line has the database."""
    assert command.ok("notifications").text.startswith("0 pending, 0 parked, in ")
    assert {
        "health": {"state": "disabled", "pending": 0, "oldest_seconds": 0, "parked": 0},
        "notifications": [],
    } == command.ok("notifications", "--json").json()


def test_problems_are_listed(sqlite_url: str) -> None:
    """Each has its remedy; text from another service is escaped."""
    elsewhere = RelayReport("other", Destination("mqtt://elsewhere:1883", "a\x1bb"), is_active=True)
    with open_services(Settings.from_environ({"DATABASE_URL": sqlite_url})) as services:
        reports = services.persistence.relay_reports
        assert reports is not None
        reports.put(elsewhere)
    command = CommandLine(environment(sqlite_url, MQTT_URL="mqtt://127.0.0.1:1"))

    listed = command.ok("notifications").text

    assert listed.startswith("settings_differ: this service is set to announce to mqtt://127.0.0.1:1 ")
    assert "mqtt://elsewhere:1883" in listed
    assert "\x1b" not in listed


def test_the_list_shows_parked_ones_with_their_error(command: CommandLine, queue: NotificationQueue) -> None:
    """They are first, since they need action."""
    store(command, 1, 2)
    park(queue, 2)

    lines = command.ok("notifications").text.splitlines()

    assert ["SUBJECT", "STATE", "DOCUMENT", "SINCE", "REFUSALS", "LAST", "ERROR"] == lines[0].split()
    rows = [line for line in lines if line.startswith("config ")]
    assert [f"config {mac(2)}", f"config {mac(1)}"] == [row[:24] for row in rows]
    assert "parked" in rows[0]
    assert "Not authorized (topic)" in rows[0]
    assert "pending" in rows[1]
    assert "1 pending, 1 parked" in lines[-1]


def test_the_list_as_json(command: CommandLine, queue: NotificationQueue) -> None:
    """It has all facts, for programs."""
    store(command, 1)
    park(queue, 1)

    listed = command.ok("notifications", "--json").json()

    (found,) = listed["notifications"]
    assert {"kind": "config", "key": str(mac(1))} == found["announcement"]["subject"]
    assert (True, 1) == (
        found["announcement"]["restart_hint"],
        found["announcement"]["state"]["document_number"],
    )
    assert (True, 5, "Not authorized (topic)") == (found["parked"], found["refusals"], found["last_error"])
    assert (0, 1) == (listed["health"]["pending"], listed["health"]["parked"])


def test_parked_notifications_are_retried(command: CommandLine, queue: NotificationQueue) -> None:
    """They are pending again, and a second retry finds none."""
    store(command, 1, 2)
    park(queue, 1)

    assert "1 parked notification is tried again." in command.ok("notifications", "--retry").text
    assert "0 parked notifications are tried again." in command.ok("notifications", "--retry").text
    assert [(str(mac(1)), True), (str(mac(2)), True)] == take_all(queue)


@pytest.mark.parametrize("command", [["notifications"], ["notifications", "--retry"], ["announce", "--all"]])
def test_without_a_schema_the_command_is_named(empty_url: str, command: list[str]) -> None:
    """No schema is created."""
    done = CommandLine(environment(empty_url)).run(*command)

    assert 1 == done.status
    assert "upgrade-db" in done.errors
