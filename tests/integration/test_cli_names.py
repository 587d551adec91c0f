"""Configs named by the name of their device: found, ambiguous, unknown, deleted, and changed meanwhile."""

from __future__ import annotations

import json

import pytest

from iotconfig.adapters.cli import names
from iotconfig.adapters.cli.runtime import Services
from iotconfig.domain.configs.config import Config
from iotconfig.domain.configs.edits import Replace
from iotconfig.domain.configs.precondition import Precondition
from iotconfig.domain.documents.content import ConfigContent
from tests.support.command_line import CommandLine, Outcome

KITCHEN = "02:00:00:00:00:01"
PORCH = "02:00:00:00:00:02"
TWIN = "02:00:00:00:00:03"
NEW = "02:00:00:00:00:99"
SHOWN = f'"kitchen" is config 1 of {KITCHEN}.\n'


def content(name: str, **members: object) -> str:
    return json.dumps({"deviceName": name, **members}, ensure_ascii=False)


@pytest.fixture
def command(command: CommandLine) -> CommandLine:
    """The command line on each kind of database, with two configs."""
    command.ok("config", "create", KITCHEN, content("Kitchen"))
    command.ok("config", "create", PORCH, content("Porch lamp"))
    return command


@pytest.fixture
def quick(quick: CommandLine) -> CommandLine:
    """The command line on SQLite, with two configs."""
    quick.ok("config", "create", KITCHEN, content("Kitchen"))
    quick.ok("config", "create", PORCH, content("Porch lamp"))
    return quick


def refusal(outcome: Outcome) -> str:
    """The one line of a refused command."""
    assert (1, b"") == (outcome.status, outcome.output)
    assert 1 == outcome.errors.count("\n"), outcome.errors
    assert outcome.errors.startswith("Error: ")
    return outcome.errors


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (("config", "show", "kitchen"), KITCHEN),
        (("config", "show", "kitchen", "--content"), '{"deviceName": "Kitchen"}'),
        (("config", "show", "kitchen", "--json"), KITCHEN),
        (("config", "history", "kitchen"), KITCHEN),
        (("config", "diff", "kitchen"), KITCHEN),
        (("config", "set", "kitchen", '{"deviceName": "Hall"}'), f"Set config 1 of {KITCHEN}, revision 2"),
        (("config", "patch", "kitchen", "--set", "a=1"), f"Patched config 1 of {KITCHEN}, revision 2"),
        (("config", "set", "kitchen", "{}", "--dry-run"), KITCHEN),
        (("config", "rollback", "kitchen", "1"), f"config 1 of {KITCHEN}"),
        (("config", "replace-device", "kitchen", NEW), f"config 1 of {NEW}"),
        (("config", "delete", "kitchen", "--yes"), f"Deleted config 1 of {KITCHEN}"),
        (("announce", "kitchen"), "1 config to be announced"),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, tuple) else "",
)
def test_a_device_s_name_names_its_config(
    command: CommandLine, arguments: tuple[str, ...], shown: str
) -> None:
    """In any case. The id and the MAC address are shown on standard error, so that the output stays the same."""
    outcome = command.ok(*arguments)

    assert SHOWN == outcome.errors
    assert shown in outcome.text


@pytest.mark.parametrize(
    "name", ["K\u00fcche", "KU\u0308CHE", "\u53f0\u6240", 'It\'s "here"', "x" * 255, "dead"]
)
def test_names_of_every_kind(quick: CommandLine, name: str) -> None:
    """Other scripts, equivalent spellings, quotes, the longest name, and one that could be a part of a MAC address."""
    stored = {"KU\u0308CHE": "K\u00fcche"}.get(name, name)
    quick.ok("config", "create", TWIN, content(stored))

    assert TWIN == quick.ok("config", "show", name, "--json").json()["mac_address"]


def test_digits_are_an_id_and_a_mac_address_is_one(quick: CommandLine) -> None:
    """A device that is called "1" or like a MAC address hides no other config."""
    quick.ok("config", "create", TWIN, content("1"))
    quick.ok("config", "create", NEW, content(PORCH))

    assert KITCHEN == quick.ok("config", "show", "1", "--json").json()["mac_address"]
    assert PORCH == quick.ok("config", "show", PORCH, "--json").json()["mac_address"]


@pytest.mark.parametrize(
    "verb", [("show",), ("set", "{}"), ("delete", "--yes"), ("history",)], ids=lambda v: v[0]
)
def test_a_name_of_several_devices_is_refused(command: CommandLine, verb: tuple[str, ...]) -> None:
    """The refusal lists them by id and MAC address."""
    command.ok("config", "create", TWIN, content("KITCHEN"))
    error = refusal(command.run("config", verb[0], "Kitchen", *verb[1:]))

    assert (
        f'2 configs have the name "Kitchen": 1 ({KITCHEN}), 3 ({TWIN}). Use an id or a MAC address.' in error
    )


def test_many_devices_of_one_name_are_not_all_listed(quick: CommandLine) -> None:
    """Five are listed, the others counted."""
    for number in range(10, 20):
        quick.ok("config", "create", f"02:00:00:00:00:{number}", content("Kitchen"))
    error = refusal(quick.run("config", "show", "Kitchen"))

    assert "11 configs have the name" in error
    assert 5 == error.count("02:00:")
    assert "and 6 more" in error


@pytest.mark.parametrize(
    ("name", "way_out"),
    [
        ("Porch", "(iotconfig config list --search Porch lists 1 with this text)"),
        ("Porch la", "(iotconfig config list --search 'Porch la' lists 1 with this text)"),
        ("Cellar", "'iotconfig config list' lists all"),
        ("x" * 256, "'iotconfig config list' lists all"),
    ],
    ids=["part", "quoted", "none", "too-long"],
)
@pytest.mark.parametrize("verb", [("show",), ("delete", "--yes"), ("restore",)], ids=lambda v: v[0])
def test_an_unknown_name_says_how_to_find_the_config(
    quick: CommandLine, verb: tuple[str, ...], name: str, way_out: str
) -> None:
    """A part of a name selects nothing; where configs have the text, the search that lists them is named."""
    error = refusal(quick.run("config", verb[0], name, *verb[1:]))

    assert "was not found" in error
    assert way_out in error


def test_create_refuses_the_name_of_a_device(quick: CommandLine) -> None:
    """A config is created for a MAC address, and not for a name."""
    assert "invalid format" in refusal(quick.run("config", "set", "--create", "Kitchen", "{}"))


@pytest.mark.parametrize("name", ["1", KITCHEN, "Kitchen"], ids=["id", "mac", "name"])
@pytest.mark.parametrize(
    "verb",
    [("show",), ("set", "{}"), ("delete", "--yes"), ("rollback", "1"), ("replace-device", NEW)],
    ids=lambda v: v[0],
)
def test_a_deleted_config_says_when_by_whom_and_how_to_restore_it(
    command: CommandLine, verb: tuple[str, ...], name: str
) -> None:
    """For each way to name it; the command in the refusal restores it."""
    command.ok("config", "delete", KITCHEN, "--yes", "-m", "moved out")
    deletion = command.ok("config", "history", "1", "--json").json()["revisions"][0]
    error = refusal(command.run("config", verb[0], name, *verb[1:]))

    assert f"was not found: it was deleted at {deletion['created_at'][:10]} " in error
    assert f"by {deletion['author']} (\"moved out\"); 'iotconfig config restore 1' restores it." in error
    command.ok("config", "restore", "1")
    command.ok("config", "show", name)


def test_a_deleted_config_is_restored_by_its_name(command: CommandLine) -> None:
    """Also where another device has the name by now; that one comes first for the history."""
    command.ok("config", "delete", KITCHEN, "--yes")
    command.ok("config", "create", TWIN, content("Kitchen"))

    assert TWIN in command.ok("config", "history", "Kitchen").text
    assert f"Restored config 1 of {KITCHEN}" in command.ok("config", "restore", "Kitchen").text


def test_a_board_without_a_config_was_never_deleted(quick: CommandLine) -> None:
    """The refusal of a MAC address that is unknown names no deletion, but where the board may be."""
    error = refusal(quick.run("config", "show", NEW))

    assert (
        f"Error: Config {NEW} was not found: 'iotconfig config list' lists all, "
        "and 'iotconfig new-devices' the boards that ask and have none.\n"
    ) == error


@pytest.mark.parametrize("option", [(), ("--if-revision", "1")], ids=["by-name", "if-revision"])
def test_a_change_by_name_is_refused_after_another_change(
    quick: CommandLine, monkeypatch: pytest.MonkeyPatch, option: tuple[str, ...]
) -> None:
    """The name is resolved before the change: a config that got another name meanwhile is not changed."""
    find = names.find_for_change

    def slow_find(
        services: Services, name: str, if_revision: int | None = None
    ) -> tuple[Config, Precondition]:
        found = find(services, name, if_revision)
        services.configs.edit(1, Replace(ConfigContent.parse(content("Bath"))))
        return found

    monkeypatch.setattr("iotconfig.adapters.cli.configs.find_for_change", slow_find)
    refused = quick.run("config", "set", "Kitchen", "{}", *option)

    assert 1 == refused.status
    assert "--if-revision 2 accepts the present revision" in refused.errors
    assert content("Bath") == quick.ok("config", "show", "1", "--content").text
