"""The group `iotconfig layer`: documents that reach many devices."""

from __future__ import annotations

from typing import Final

import click

from .lazy_commands import LazyCommands

_COMMANDS: Final = {
    "delete": "layer_changes.delete",
    "diff": "layer_history.diff",
    "disable": "layer_changes.disable",
    "enable": "layer_changes.enable",
    "history": "layer_history.history",
    "list": "layers.list_layers",
    "order": "layer_changes.order",
    "patch": "layer_changes.patch",
    "progress": "layer_progress.progress",
    "rollback": "layer_history.rollback",
    "set": "layer_setting.set_layer",
    "show": "layers.show",
}


@click.group(commands=LazyCommands(_COMMANDS))
def layer() -> None:
    """Documents that reach many devices.

    A layer reaches all devices, those of a model, or those with some tags. The
    order is: the layer for all devices, those of models, those of tags by rank,
    the own content of the device. Where two of them set the same member, the
    later one wins. 'iotconfig undo' takes a change of layers back.
    """
