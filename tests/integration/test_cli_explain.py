"""`iotconfig explain`, on a database and on a service."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from iotconfig.entrypoints.settings import Settings
from iotconfig.entrypoints.wiring.services import open_services
from iotconfig.testing.builders import mac
from tests.support.command_line import CommandLine
from tests.support.socket_service import api_on_socket

MAC = str(mac(1))
FLEET = '{"wifi": {"ssid": "all", "channel": 1.10}, "hours": [1, 2], "old": 1}'
FLOOR = '{"wifi": {"ssid": "floor"}, "old": null}'
OWN = '{"deviceName": "Lamp", "hours": [1E2, {"a": "\\u0041"}]}'


@pytest.fixture(params=["database", "service"])
def command(request: pytest.FixtureRequest, sqlite_url: str) -> Iterator[CommandLine]:
    """The command line on either, with a device that two layers reach."""
    local = CommandLine({"DATABASE_URL": sqlite_url})
    local.ok("config", "create", MAC, OWN)
    local.ok("tag", "add", "floor-3", "--mac", MAC)
    local.ok("layer", "set", "base", FLEET, "--all")
    local.ok("layer", "set", "floor-3", FLOOR, "--tag", "floor-3", "--rank", "100")
    if request.param == "database":
        yield local
        return
    with api_on_socket(sqlite_url) as url:
        yield CommandLine({"IOTCONFIG_URL": url})


def test_each_value_with_its_layer(command: CommandLine) -> None:
    """In the order of the document; then what is removed. Values stand as they are written."""
    lines = command.ok("explain", "Lamp").text.splitlines()

    rows = [tuple(part.strip() for part in line.split("  ") if part.strip()) for line in lines[2:-2]]
    assert [
        ("/wifi/ssid", '"floor"', "floor-3", "1", '"all" of base 1'),
        ("/wifi/channel", "1.10", "base", "1", "-"),
        ("/hours", '[1E2, {"a": "\\u0041"}]', "own content", "1", "[1, 2] of base 1"),
        ("/deviceName", '"Lamp"', "own content", "1", "-"),
        ("/old", "(removed)", "floor-3", "1", "1 of base 1"),
    ] == rows
    assert lines[-1].startswith(f"4 values of document 3 of {MAC}, from 2 layers, in ")


def test_a_pointer_shows_one_place(command: CommandLine) -> None:
    """A value, an object, an element of an array, or a removal."""

    def pointers(at: str) -> list[str]:
        found = command.ok("explain", MAC, at, "--json").json()
        return [each["pointer"] for each in [*found["members"], *found["removals"]]]

    assert ["/wifi/ssid", "/wifi/channel"] == pointers("/wifi")
    assert ["/wifi/channel"] == pointers("/wifi/channel")
    assert ["/hours"] == pointers("/hours/0")
    assert ["/old"] == pointers("/old")


def test_json_is_the_answer_of_the_api(command: CommandLine) -> None:
    """With numbers and escapes as they are written."""
    printed = command.ok("explain", MAC, "--json")

    assert [{"layer": "base", "revision": 1}, {"layer": "floor-3", "revision": 1}] == printed.json()["layers"]
    assert '"value": [1E2, {"a": "\\u0041"}]' in printed.text
    assert '"channel":1.10' in printed.text.replace(" ", "")


def test_places_that_are_none(command: CommandLine) -> None:
    """The error names the device and the command that lists its values."""
    refused = command.run("explain", MAC, "/wifi/psk")
    assert 1 == refused.status
    assert (
        f"Error: The document of {MAC} has nothing at /wifi/psk; 'iotconfig explain {MAC}' lists its values.\n"
        == refused.errors
    )
    refused = command.run("explain", MAC, "wifi")
    assert 1 == refused.status
    assert "is not a JSON Pointer" in refused.errors


def test_what_was_served_before(command: CommandLine, sqlite_url: str) -> None:
    """Of a device that is deleted now, too."""
    with open_services(Settings.from_environ({"DATABASE_URL": sqlite_url})) as services:
        moment = services.configs.get_by_mac(mac(1)).updated_at
        command.ok("delete-device", MAC, "--yes")

    assert 1 == command.run("explain", MAC).status
    found = command.ok("explain", MAC, "--at", moment.isoformat(), "--json").json()
    assert ("Lamp", 1) == (found["document"]["deviceName"], found["revision"])
