"""Completion in shells: commands name devices."""

from __future__ import annotations

import os
from unittest import mock

import pytest

from tests.support.command_line import CommandLine

DEVICES = {
    "02:00:00:00:00:01": "Kitchen",
    "02:00:00:00:00:02": "kitchen-2",
    "02:00:00:00:00:03": "Küche",
    "02:00:00:00:00:04": "Kid, room",
    "02:ab:00:00:00:05": None,
}


def completions(command: CommandLine, *words: str) -> list[str]:
    """What bash gets for the last word."""
    given = {"COMP_WORDS": " ".join(("iotconfig", *words)), "COMP_CWORD": str(len(words))}
    with mock.patch.dict(os.environ, {"_IOTCONFIG_COMPLETE": "bash_complete", **given}):
        ended = command.run(*words)
    assert "" == ended.errors
    return [line.removeprefix("plain,") for line in ended.text.split()]


@pytest.fixture
def devices(quick: CommandLine) -> CommandLine:
    """The command line, with devices."""
    for mac, name in DEVICES.items():
        quick.ok("config", "create", mac, "{}" if name is None else f'{{"deviceName": "{name}"}}')
    return quick


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("kit", ["Kitchen", "kitchen-2"]),
        ("KÜ", ["Küche"]),
        ("kid", ["020000000004"]),
        ("02ab", ["02ab00000005"]),
        ("itchen", []),
        ("nothing", []),
    ],
)
@pytest.mark.parametrize("name", [("config", "show"), ("config", "delete"), ("announce",)], ids=" ".join)
def test_devices_are_completed(
    devices: CommandLine, name: tuple[str, ...], word: str, expected: list[str]
) -> None:
    """By name in any case, or by the digits of the MAC address; a name of several words by its MAC address."""
    assert expected == completions(devices, *name, word)


def test_a_completion_shows_no_error() -> None:
    """A database that is away completes nothing."""
    assert [] == completions(CommandLine({"DATABASE_URL": "sqlite:////nowhere/at.db"}), "config", "show", "k")
