"""Commands that are loaded at their first use."""

from __future__ import annotations

import click
import pytest

from iotconfig.adapters.cli.app import cli
from iotconfig.adapters.cli.lazy_commands import LazyCommands


def groups() -> list[click.Group]:
    """The groups whose commands are loaded when they are used."""
    inner = [command for command in cli.commands.values() if isinstance(command, click.Group)]
    return [group for group in (cli, *inner) if isinstance(group.commands, LazyCommands)]


@pytest.mark.parametrize("group", groups(), ids=lambda group: str(group.name))
def test_each_place_has_the_command_of_that_name(group: click.Group) -> None:
    """The name by which it is found is the one that its help and its errors show."""
    assert list(group.commands) == [command.name for command in group.commands.values()]


def test_each_command_is_loaded_once() -> None:
    """A second use finds the same object."""
    commands = LazyCommands({"serve": "serve.serve"})

    assert commands["serve"] is commands["serve"]


def test_an_unknown_name_is_no_command() -> None:
    """Click then answers with the names that are near."""
    commands = LazyCommands({"serve": "serve.serve"})

    assert commands.get("sevre") is None
    with pytest.raises(KeyError, match="sevre"):
        commands["sevre"]


def test_a_command_can_be_replaced_and_removed() -> None:
    """As in the dictionary that Click has otherwise."""
    commands = LazyCommands({"serve": "serve.serve"})
    other = click.Command("other")

    commands["serve"] = other
    assert commands["serve"] is other
    del commands["serve"]
    assert (0, []) == (len(commands), list(commands))
