"""The result of a command that changed configs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .runtime import Runtime
from .terminal import say, say_json

if TYPE_CHECKING:
    from iotconfig.domain.configs.config import Config, ConfigSummary


def echo_changed(
    runtime: Runtime,
    changed: Config | ConfigSummary,
    verb: str,
    as_json: bool,
    before: Config | None = None,
    undo: str | None = None,
) -> None:
    """Print the config that a command has changed, and the id of the change.

    before: the config as it was, if it existed. Equal content makes no change.
    undo: the command that undoes the change; None for `undo`.
    """
    if as_json:
        say_json(changed)
        return
    say(
        f"{verb} config {changed.id} of {changed.mac_address}, revision {changed.revision}, in {runtime.installation}"
    )
    if before is None or before.revision != changed.revision:
        echo_change(changed.change, undo)


def echo_change(change: str, undo: str | None = None) -> None:
    """Print the id of a change, and the command that undoes it, which is by default `undo`."""
    say(f"change {change}; undo it: {undo or f'iotconfig undo {change}'}")
