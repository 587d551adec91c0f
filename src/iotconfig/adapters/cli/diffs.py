"""Differences between documents, printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .tables import printable
from .terminal import say, say_json

if TYPE_CHECKING:
    from iotconfig.domain.configs.config import Config
    from iotconfig.domain.documents.content import ConfigContent
    from iotconfig.domain.mac import MacAddress

_COLOURS: Final[dict[str, dict[str, Any]]] = {
    "---": {"bold": True},
    "+++": {"bold": True},
    "@@": {"fg": "cyan"},
    "-": {"fg": "red"},
    "+": {"fg": "green"},
}


def echo_diff(unified_diff: str) -> None:
    """Print a unified diff, in colours on a terminal."""
    if not unified_diff:
        say("Nothing differs.")
        return
    for line in unified_diff.removesuffix("\n").split("\n"):
        style = next((style for start, style in _COLOURS.items() if line.startswith(start)), {})
        say(printable(line), **style)


def echo_difference(
    before: ConfigContent | None, after: ConfigContent | None, before_label: str, after_label: str
) -> None:
    """Print the differences between two documents."""
    from iotconfig.adapters.diff import difference

    echo_diff(difference(before, after, before_label, after_label).unified_diff)


def echo_proposed(config: Config, content: ConfigContent, *, as_json: bool = False) -> None:
    """Print the differences that this content would make to a config."""
    echo_preview(config.mac_address, config, content, as_json=as_json)


def echo_preview(
    mac_address: MacAddress, config: Config | None, content: ConfigContent, *, as_json: bool
) -> None:
    """As `echo_proposed`, for a device that may have no config."""
    from iotconfig.adapters.diff import preview

    found = preview(mac_address, config, content)
    if as_json:
        say_json(found)
    else:
        echo_diff(found.unified_diff)
