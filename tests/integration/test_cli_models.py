"""`iotconfig model` and `iotconfig validate`, on a database and on a service."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command_line import CommandLine, Outcome
from tests.support.socket_service import api_on_socket

FIRST, SECOND = "02:00:00:00:00:01", "02:00:00:00:00:02"
SCHEMA = '{ "properties":{"n":{"maximum":9}} }'


@pytest.fixture(params=["database", "service"])
def command(request: pytest.FixtureRequest, sqlite_url: str) -> Iterator[CommandLine]:
    """The command line on either, with two configs."""
    local = CommandLine({"DATABASE_URL": sqlite_url})
    local.ok("config", "create", FIRST, '{"n":1}')
    local.ok("config", "create", SECOND, '{"n":10}')
    if request.param == "database":
        yield local
        return
    with api_on_socket(sqlite_url) as url:
        yield CommandLine({"IOTCONFIG_URL": url})


def fails(command: CommandLine, *arguments: str) -> Outcome:
    """What a command that is refused printed."""
    outcome = command.run(*arguments)
    assert 1 == outcome.status, outcome
    return outcome


def test_a_model_is_made_changed_and_enforced(command: CommandLine, tmp_path: Path) -> None:
    """What is not given stays; going to enforce is refused while a device breaks it."""
    schema = tmp_path / "lamp.json"
    schema.write_text(SCHEMA)
    made = command.ok("model", "set", "lamp", "--schema", str(schema), "--preset", "nvs-string")
    assert "Created model lamp, revision 1, change " in made.text
    shown = json.loads(command.ok("model", "show", "lamp", "--json").text)
    assert ("warn", {"bytes": 3999}, 1) == (shown["mode"], shown["budget"], shown["revision"])
    assert f"{SCHEMA}\n" == command.ok("model", "show", "lamp").text
    assert "Model lamp is as it was" in command.ok("model", "set", "lamp", "--mode", "warn").text
    command.ok("model", "assign", "lamp", "--all")
    assert (
        "1 device break the model lamp" in fails(command, "model", "set", "lamp", "--mode", "enforce").errors
    )

    found = fails(command, "validate")
    assert f"{SECOND}\n  at /n: expected " in found.text
    assert "1 of 2 devices fail, in " in found.text
    assert "2 devices: all fit" in command.ok("validate", "--schema", "-", stdin=b"true").text
    assert 1 == len(json.loads(fails(command, "validate", "--model", "lamp", "--json").text)["failing"])
    command.ok("config", "patch", SECOND, '{"n":9}')
    assert "Changed model lamp, revision 2" in command.ok("model", "set", "lamp", "--mode", "enforce").text
    refused = fails(command, "config", "patch", FIRST, '{"n":10}')
    assert "breaks the model lamp: at /n" in refused.errors
    assert '{"n":1}' in command.ok("config", "show", FIRST, "--content").text


def test_a_model_in_use_is_not_deleted(command: CommandLine) -> None:
    """The error says how many devices have it."""
    command.ok("model", "set", "lamp", "--integer-max", "99")
    command.ok("model", "assign", "lamp", "--mac", FIRST)
    listed = json.loads(command.ok("model", "list", "--json").text)["models"]
    assert [("lamp", 1)] == [(each["name"], each["devices"]) for each in listed]
    assert "integer_max 99" in command.ok("model", "list").text
    assert "while devices have it (1 of them)" in fails(command, "model", "delete", "lamp").errors
    command.ok("model", "unassign", "--mac", FIRST)
    command.ok("model", "set", "other")
    assert ["name", "change"] == list(json.loads(command.ok("model", "delete", "other", "--json").text))
    assert "Deleted model lamp, change " in command.ok("model", "delete", "lamp").text
    assert "Model lamp was not found" in fails(command, "model", "show", "lamp").errors
    assert "0 models in " in command.ok("model", "list").text
