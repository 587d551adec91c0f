"""`iotconfig token` and `iotconfig device-token`."""

from __future__ import annotations

import json
import re

import pytest

from iotconfig.domain.access.principal import Role
from iotconfig.entrypoints.settings import Settings
from iotconfig.entrypoints.wiring.services import open_services
from tests.support.command_line import CommandLine

_TOKEN = re.compile(r"iotc_[0-9a-f]{12}_[0-9a-f]{64}\n")


def test_standard_output_has_only_the_token(command: CommandLine, database_url: str) -> None:
    """The explanation is on standard error."""
    done = command.ok("token", "create", "ci", "--role", "admin", "--expires", "2099-01-01")

    assert _TOKEN.fullmatch(done.text)
    assert done.errors.startswith("Token ci (admin) is valid until 2099-01-02 00:00:00Z, in ")
    with open_services(Settings.from_environ({"DATABASE_URL": database_url})) as services:
        assert frozenset({Role.ADMIN}) == services.api_tokens.authenticate(done.text.strip()).roles


def test_a_token_is_shown_once(command: CommandLine) -> None:
    """No list contains a part of its secret."""
    secret = command.ok("token", "create", "ci", "--role", "viewer").text.strip().rpartition("_")[2]

    for listed in (command.ok("token", "list"), command.ok("token", "list", "--json")):
        assert secret not in listed.text
        assert "ci" in listed.text


def test_the_list_shows_the_state_of_each_token(command: CommandLine) -> None:
    """It has a form for people and one for programs."""
    for name in ("b", "a"):
        command.ok("token", "create", name, "--role", "viewer")
    command.ok("token", "revoke", "a")

    shown = command.ok("token", "list").text.splitlines()
    assert ["NAME", "ROLE", "STATE", "CREATED", "EXPIRES", "LAST", "USED"] == shown[0].split()
    assert [["a", "viewer", "revoked"], ["b", "viewer", "active"]] == [
        line.split()[:3] for line in shown[2:4]
    ]
    assert shown[-1].startswith("2 tokens, in ")
    members = command.ok("token", "list", "--json").json()["tokens"]
    assert [("a", "revoked"), ("b", "active")] == [(each["name"], each["state"]) for each in members]
    assert {
        "name", "role", "state", "created_at", "expires_at", "last_used_at", "revoked_at",
    } == set(members[0])  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("create", "ci"), "Missing option '--role'"),
        (("create", "ci", "--role", "boss"), "'boss' is not one of"),
        (("create", "c i", "--role", "admin"), "The name of a token must have from 1 to 64 letters"),
        (("create", "ci", "--role", "admin", "--expires", "soon"), "use 90d, 12h"),
        (("create", "ci", "--role", "admin", "--expires", "2020-01-01"), "expired already"),
        (("revoke", "ci"), "Active token ci was not found"),
    ],
)
def test_refusals(command: CommandLine, arguments: tuple[str, ...], sentence: str) -> None:
    """One line, and nothing is stored."""
    done = command.run("token", *arguments)

    assert done.status != 0
    assert sentence in done.errors
    assert 1 == len(done.errors.splitlines())
    assert b"" == done.output
    assert [] == command.ok("token", "list", "--json").json()["tokens"]


def test_a_schema_that_is_behind_is_named(empty_url: str) -> None:
    """Nothing is created or upgraded."""
    done = CommandLine({"DATABASE_URL": empty_url}).run("token", "create", "ci", "--role", "admin")

    assert done.status != 0
    assert "iotconfig upgrade-db" in done.errors


def test_device_tokens_are_listed_without_their_secrets(command: CommandLine) -> None:
    """The list is sorted by MAC address."""
    made = command.ok("device-token", "create", "aa-bb-cc-dd-ee-02", "aabbccddee01").text
    assert re.fullmatch(
        r"aa:bb:cc:dd:ee:02 iotd_aabbccddee02_[0-9a-f]{64}\naa:bb:cc:dd:ee:01 iotd_aabbccddee01_[0-9a-f]{64}\n",
        made,
    )

    listed = command.ok("device-token", "list")
    assert ["aa:bb:cc:dd:ee:01", "aa:bb:cc:dd:ee:02"] == [
        line.split()[0] for line in listed.text.splitlines()[2:4]
    ]
    assert "iotd_" not in listed.text
    devices = json.loads(command.ok("device-token", "list", "--json").output)["devices"]
    assert [{"mac_address", "created_at"}] * 2 == [set(device) for device in devices]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("create",), "Name devices by their MAC addresses, or give --all."),
        (("create", "--all", "aabbccddee01"), "Name devices by their MAC addresses, or give --all."),
        (("create", "--all", "--replace"), "would lock out every device"),
        (("create", "nonsense"), "invalid format"),
        (("revoke",), "Missing argument"),
        (("revoke", "aabbccddee01"), "Token of device aa:bb:cc:dd:ee:01 was not found"),
    ],
)
def test_refusals_of_device_tokens(command: CommandLine, arguments: tuple[str, ...], sentence: str) -> None:
    """One line, and nothing is stored."""
    done = command.run("device-token", *arguments)

    assert done.status != 0
    assert sentence in done.errors
    assert b"" == done.output
    assert [] == command.ok("device-token", "list", "--json").json()["devices"]
