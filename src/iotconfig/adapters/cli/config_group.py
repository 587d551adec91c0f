"""The group `iotconfig config`: list, show and change configs."""

from __future__ import annotations

from typing import Final

import click

from .lazy_commands import LazyCommands

_COMMANDS: Final = {
    "create": "configs.create",
    "delete": "configs.delete",
    "diff": "history.diff",
    "edit": "edit.edit",
    "history": "history.history",
    "list": "config_lists.list_configs",
    "patch": "config_patch.patch_config",
    "replace-device": "configs.replace_device",
    "restore": "history.restore",
    "rollback": "history.rollback",
    "set": "configs.set_content",
    "show": "configs.show",
}


@click.group(commands=LazyCommands(_COMMANDS))
def config() -> None:
    """List, show and change configs.

    Name a config by its id, by its MAC address in any spelling, or by the whole
    name of its device. A number is an id; twelve digits are a MAC address. A change
    by name is refused if the config has changed after the command found it.
    """
