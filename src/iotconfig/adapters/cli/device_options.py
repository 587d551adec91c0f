"""What the commands for devices share: the options that select them, and the use cases."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from iotconfig.domain.devices.use_cases import DeviceReadings

    from .runtime import Services

F = TypeVar("F", bound=Callable[..., Any])


def search_option(function: F) -> F:
    """`--search`."""
    return click.option(
        "--search",
        metavar="TEXT",
        help="Only devices with TEXT in the MAC address (any spelling), device name or entity id.",
    )(function)


def tag_option(function: F) -> F:
    """`--tag`."""
    return click.option(
        "--tag",
        "tags",
        metavar="TAG",
        multiple=True,
        help="Only devices with this tag, or with !TAG without it; repeatable.",
    )(function)


def readings(services: Services) -> DeviceReadings:
    """The use cases of devices. Raises `ClickException` where the database keeps no evidence."""
    if services.devices is None:
        raise click.ClickException("This database keeps no evidence of what devices run.")
    return services.devices
