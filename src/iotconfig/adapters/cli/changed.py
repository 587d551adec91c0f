"""The result of a command that changed one config."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .runtime import Runtime
from .terminal import say, say_json

if TYPE_CHECKING:
    from iotconfig.domain.configs.config import Config


def echo_changed(runtime: Runtime, changed: Config, verb: str, as_json: bool) -> None:
    """Print the config that a command has changed."""
    if as_json:
        say_json(changed)
    else:
        say(
            f"{verb} config {changed.id} of {changed.mac_address}, revision {changed.revision}, in {runtime.installation}"
        )
