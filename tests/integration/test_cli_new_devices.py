"""`iotconfig new-devices` and `iotconfig adopt`, on a database and on a service."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from iotconfig.domain.devices.new_boards import NewBoard
from iotconfig.entrypoints.settings import Settings
from iotconfig.entrypoints.wiring.services import open_services
from iotconfig.testing.builders import mac
from iotconfig.testing.clocks import START
from tests.support.command_line import CommandLine
from tests.support.socket_service import api_on_socket

MODEL, FIRST, SECOND = (f"02:00:00:00:00:0{number}" for number in (1, 2, 3))


@pytest.fixture(params=["database", "service"])
def command(request: pytest.FixtureRequest, sqlite_url: str) -> Iterator[CommandLine]:
    """The command line on either, with a device and two new boards."""
    local = CommandLine({"DATABASE_URL": sqlite_url})
    local.ok("config", "create", MODEL, '{"deviceName": "Lamp", "gain": 1.50}')
    local.ok("tag", "add", "hall", "--name", "Lamp")
    with open_services(Settings.from_environ({"DATABASE_URL": sqlite_url})) as services:
        assert services.new_boards is not None
        services.new_boards.write(
            [
                NewBoard(mac(2), "2001:db8::7", "2001:db8::/64", START, START + timedelta(days=1)),
                NewBoard(mac(3), "192.0.2.7", "192.0.2.7", START, START),
            ]
        )
    if request.param == "database":
        yield local
        return
    with api_on_socket(sqlite_url) as url:
        yield CommandLine({"IOTCONFIG_URL": url})


def test_the_list(command: CommandLine) -> None:
    """As a table and as JSON, which is what the API answers. At 60 columns, the address stays."""
    lines = command.ok("new-devices").text.splitlines()
    assert "MAC ADDRESS        ASKED FROM   FIRST                 LAST" == lines[0]
    assert f"{FIRST}  2001:db8::7  2026-01-02 03:04:05Z  2026-01-03 03:04:05Z" == lines[2]
    assert lines[-1].startswith("2 new boards in ")
    narrow = command.at_terminal("new-devices", columns=60).succeeded().text
    assert narrow.startswith("MAC ADDRESS        ASKED FROM   LAST\n")
    assert {
        "mac_address": SECOND,
        "source": "192.0.2.7",
        "network": "192.0.2.7",
        "first_seen": "2026-01-02T03:04:05.000000Z",
        "last_seen": "2026-01-02T03:04:05.000000Z",
    } == command.ok("new-devices", "--json").json()["new_devices"][1]


@pytest.mark.parametrize(
    "arguments", [("device", FIRST), ("wait", FIRST), ("config", "show", FIRST)], ids=" ".join
)
def test_commands_for_a_config_know_new_boards(command: CommandLine, arguments: tuple[str, ...]) -> None:
    """One that has asked is told from one that nobody knows, which may still ask."""
    refused = command.run(*arguments)
    assert 1 == refused.status
    assert f"Config {FIRST} was not found: a new board, which has asked for its document" in refused.errors
    assert f"'iotconfig adopt {FIRST}'" in refused.errors

    unknown = command.run(arguments[0], *arguments[1:-1], "02:00:00:00:00:09").errors
    assert (
        "02:00:00:00:00:09 was not found: 'iotconfig config list' lists all, and 'iotconfig new-devices'"
        in unknown
    )


def test_adopting_one_like_another(command: CommandLine) -> None:
    """The device is named as everywhere: by name, too. The board leaves the list, and undo brings no new board back."""
    adopted = command.ok("adopt", FIRST, "--like", "Lamp", "-m", "second lamp").text
    assert "Adopted: created config 2 of 02:00:00:00:00:02, revision 1, in " in adopted
    shown = command.ok("config", "show", FIRST, "--json").json()
    assert ({"deviceName": "Lamp", "gain": 1.5}, ["hall"]) == (shown["content"], shown["tags"])
    assert '{"deviceName": "Lamp", "gain": 1.50}' == command.ok("config", "show", FIRST, "--content").text
    assert [SECOND] == [
        board["mac_address"] for board in command.ok("new-devices", "--json").json()["new_devices"]
    ]
    change = adopted.rsplit("iotconfig undo ", 1)[1].strip()
    assert "1 deleted" in command.ok("undo", change).text
    assert [SECOND] == [
        board["mac_address"] for board in command.ok("new-devices", "--json").json()["new_devices"]
    ]


def test_adopting_one_with_content_from_a_file(command: CommandLine, tmp_path: Path) -> None:
    """Or from standard input, with the byte order mark that some editors write; in any spelling of the address."""
    path = tmp_path / "porch.json"
    path.write_bytes(b'\xef\xbb\xbf{"deviceName": "Porch"}\n')
    adopted = command.ok("adopt", "0200.0000.0002", "--from-file", str(path), "--json").json()
    assert (FIRST, "Porch") == (adopted["mac_address"], adopted["device_name"])
    command.ok("adopt", SECOND, "--from-file", "-", stdin=b'{"deviceName": "Hall"}')
    assert "Hall" == command.ok("config", "show", SECOND, "--json").json()["device_name"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([FIRST], "no layer reaches it"),
        ([FIRST, "--model", "no-such", "--from-file", "-"], "line 1, column 1"),
        ([FIRST, "--like", "Lamp", "--tag", "hall"], "leave out --tag, --model and --note"),
        ([FIRST, "--tag", "a b"], "a b"),
        ([FIRST, "--like", "Lamp", "--from-file", "-"], "--like DEVICE, or --from-file FILE"),
        (["kitchen", "--like", "Lamp"], "invalid format"),
        ([FIRST, "--like", "Lamb"], "Lamb"),
        ([FIRST, "--like", SECOND], f"Config {SECOND} was not found"),
        ([FIRST, "--from-file", "/nowhere/a.json"], "/nowhere/a.json"),
        ([MODEL, "--like", "Lamp"], f"'iotconfig config set {MODEL}' replaces its content"),
        ([FIRST, "--from-file", "-"], "line 1, column 1"),
    ],
)
def test_what_is_refused(command: CommandLine, arguments: list[str], words: str) -> None:
    """In one sentence, which names the way out; nothing is stored."""
    refused = command.run("adopt", *arguments, stdin=b"no JSON")
    assert refused.status in (1, 2)
    assert words in refused.errors
    assert 1 == refused.errors.count("Error: ")
    assert "Traceback" not in refused.errors
    assert 1 == command.ok("config", "list", "--json").json()["count"]


def test_former_devices_are_refused(command: CommandLine) -> None:
    """The command in the refusal does what it says."""
    command.ok("config", "delete", MODEL, "--yes")
    refused = command.run("adopt", MODEL, "--from-file", "-", stdin=b"{}")
    assert 1 == refused.status
    assert f"its config was deleted. 'iotconfig config restore {MODEL}' brings it back." in refused.errors
    command.ok("config", "restore", MODEL)
    command.ok("config", "replace-device", MODEL, FIRST)
    refused = command.run("adopt", MODEL, "--from-file", "-", stdin=b"{}")
    assert f"its config belongs to {FIRST} now" in refused.errors


def test_a_board_that_layers_alone_serve(command: CommandLine) -> None:
    """From its adoption to its end: it is found as a device, and not as a config; the refusal names the command that works."""
    command.ok("layer", "set", "porch", "--tag", "porch", "--rank", "7", '{"deviceName": "Porch"}')
    adopted = command.ok("adopt", FIRST, "--tag", "porch", "--note", "by the door").text
    assert "Adopted: created config 2 of 02:00:00:00:00:02, revision 1, in " in adopted

    shown = command.run("config", "show", FIRST)
    assert 1 == shown.status
    assert f"layers alone serve {FIRST}" in shown.errors
    assert f"'iotconfig config set --create {FIRST}' " not in shown.text
    assert [MODEL] == [
        each["mac_address"] for each in command.ok("config", "list", "--json").json()["configs"]
    ]
    device = command.ok("device", FIRST, "--json").json()["device"]
    assert ("Porch", ["porch"], "by the door") == (device["device_name"], device["tags"], device["note"])
    assert 2 == len(command.ok("devices", "--json").json()["devices"])
    tried = command.ok("config", "set", "--create", FIRST, '{"gain": 2}', "--dry-run").text
    assert "+" in tried
    command.ok("config", "set", "--create", FIRST, '{"gain": 2}')
    assert {"gain": 2} == command.ok("config", "show", FIRST, "--json").json()["content"]
    command.ok("config", "delete", FIRST, "--yes")
    assert f"layers alone serve {FIRST}" in command.run("config", "delete", FIRST, "--yes").errors
    assert "1 config to be announced" in command.ok("announce", FIRST).text
    moved = command.ok("config", "replace-device", FIRST, SECOND).text
    assert f"Moved from {FIRST}: config 2 of {SECOND}" in moved
    ended = command.ok("delete-device", SECOND, "--yes", "-m", "broken")
    assert f"Ended the device {SECOND} in " in ended.text
    assert 1 == len(command.ok("devices", "--json").json()["devices"])
    assert {"deleted", "change"} == set(command.ok("delete-device", MODEL, "--yes", "--json").json())
    assert "Restored config 2" in command.ok("config", "restore", SECOND).text
    refused = command.run("delete-device", FIRST, "--yes")
    assert (1, True) == (refused.status, SECOND in refused.errors)
