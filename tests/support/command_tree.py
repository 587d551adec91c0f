"""All commands and groups of `iotconfig`."""

from __future__ import annotations

from collections.abc import Iterator

import click

from iotconfig.adapters.cli.app import cli


def _commands(
    group: click.Group, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, group
    for name, found in sorted(group.commands.items()):
        if isinstance(found, click.Group):
            yield from _commands(found, (*path, name))
        else:
            yield (*path, name), found


COMMANDS = dict(_commands(cli))
"""By the words that a user types for them."""
