"""`iotconfig factor` and `flatten`, on a database and on a service."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.command_line import CommandLine
from tests.support.socket_service import api_on_socket

LAMPS = [f"02:00:00:00:00:0{number}" for number in range(1, 7)]
TEXT = '{{"host": "broker","port": 1.10,"name": "{}"}}'
ODD = '{"host": "other", "name": "odd"}'


@pytest.fixture(params=["database", "service"])
def command(request: pytest.FixtureRequest, sqlite_url: str) -> Iterator[CommandLine]:
    """The command line on either, with six configs, of which one is odd."""
    local = CommandLine({"DATABASE_URL": sqlite_url})
    for mac in LAMPS[:-1]:
        local.ok("config", "create", mac, TEXT.format(mac[-1]))
    local.ok("config", "create", LAMPS[-1], ODD)
    if request.param == "database":
        yield local
        return
    with api_on_socket(sqlite_url) as url:
        yield CommandLine({"IOTCONFIG_URL": url})


def contents(command: CommandLine) -> list[Any]:
    """The own contents of the devices."""
    return [json.loads(command.ok("config", "show", mac, "--content").text) for mac in LAMPS]


def test_a_proposal_is_shown_and_nothing_is_stored(command: CommandLine) -> None:
    """The layers, the devices that keep something of their own, and how many get other bytes."""
    before = contents(command)
    shown = command.ok("factor").text

    assert re.search(r"^base +all devices +- +6 +\d+$", shown, re.MULTILINE)
    assert f"{LAMPS[-1]}  keeps its own /host, /port\n" in shown
    assert "1 layer for 6 devices: 5 stay byte-identical, 1 would be served other bytes" in shown
    assert "(--accept-bytes 1 stores it)" in shown
    found = json.loads(command.ok("factor", "--json").text)
    assert {"host": "broker", "port": 1.1} == found["layers"][0]["content"]
    assert [{"mac_address": LAMPS[-1], "pointers": ["/host", "/port"]}] == found["outliers"]
    assert (5, 1, False) == (found["byte_identical"], found["other_bytes"], found["stored"])
    assert before == contents(command)


def test_what_was_factored_is_flattened_again(command: CommandLine) -> None:
    """Each write has its change. The devices have their documents again, and there is no layer."""
    before = contents(command)
    stored = command.ok("factor", "--accept-bytes", "1", "-m", "less to copy").text
    assert 4 == len(re.findall(r"^change \w+; undo it:", stored, re.MULTILINE))
    assert [{"name": "1"}, {"host": "other", "port": None, "name": "odd"}] == [
        contents(command)[n] for n in (0, -1)
    ]
    refused = command.run("factor")
    assert (1, b"") == (refused.status, refused.output)
    assert "Layers reach 6 of these devices already" in refused.errors
    tried = command.ok("flatten", "--dry-run").text
    assert "Flattened 6 devices, and delete 1 layer (base): nothing stored (dry run)" in tried
    assert {"devices": 6, "deleted_layers": ["base"], "stored": True} == json.loads(
        command.ok("flatten", "--yes", "--json").text
    )
    assert before == contents(command)
    assert "0 devices: stored" in command.ok("flatten").text


def test_another_number_is_refused(command: CommandLine) -> None:
    """And a share that is no majority, as usage."""
    refused = command.run("factor", "--accept-bytes", "2")
    assert 1 == refused.status
    assert "served other bytes is 1, not 2 as accepted: nothing was stored" in refused.errors
    assert 2 == command.run("factor", "--share", "50").status


def test_a_null_is_named(command: CommandLine) -> None:
    """The proposal is shown, and the status is 1."""
    command.ok("config", "set", LAMPS[0], '{"host": "broker","port": 1.10,"alarm": null}', "--yes")
    refused = command.run("factor")
    assert 1 == refused.status
    assert f"{LAMPS[0]}  cannot be factored: Null is no value where layers reach" in refused.errors


def test_of_a_tag(command: CommandLine) -> None:
    """Layers reach its devices; flattened, the layers stay."""
    command.ok("tag", "add", "floor-3", "--mac", LAMPS[0], "--mac", LAMPS[1])
    assert "devices with floor-3" in command.ok("factor", "--tag", "floor-3", "--accept-bytes", "0").text
    assert [{"name": "1"}, {"name": "2"}] == contents(command)[:2]
    assert "Flattened 2 devices: stored" in command.ok("flatten", "--tag", "floor-3").text
    assert {"host": "broker", "port": 1.1, "name": "1"} == contents(command)[0]
    assert "deleted" in command.ok("flatten").text
