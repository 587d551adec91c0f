"""Prints docs/cli.md from the commands themselves: `python docs/render_cli.py > docs/cli.md`."""

from __future__ import annotations

from collections.abc import Iterator

import click

from iotconfig.adapters.cli.app import cli

_HEAD = """\
# The command line

The output of `iotconfig COMMAND --help`. Settings come from the environment
([Settings](settings.md)); the database is `DATABASE_URL`. This page is printed by
`docs/render_cli.py`.
"""

_TAIL = """
The exit status is 0 after success, 1 if something was refused or failed, and 2 if the
command line is invalid. `db-status` exits with 1 if the schema is not up to date, and
with 2 if the database cannot be reached or a setting is wrong. `plan` exits with 2 if there are changes, and
`apply` with 3 if the fleet has moved since the plan; both exit with 1 if their command line is invalid."""

_WIDTH = 88


def _pages(command: click.Command, parent: click.Context | None, name: str) -> Iterator[str]:
    layout = {**command.context_settings, "terminal_width": _WIDTH, "max_content_width": _WIDTH}
    context = click.Context(command, parent, info_name=name, **layout)
    level = "##" if parent is None or parent.parent is None else "###"
    if parent is not None:
        yield f"\n{level} {context.command_path}\n\n```text\n{command.get_help(context)}\n```"
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            if found is not None and not found.hidden:
                yield from _pages(found, context, child)


def render() -> str:
    """The page."""
    return "\n".join([_HEAD.rstrip("\n"), *_pages(cli, None, "iotconfig"), _TAIL])


if __name__ == "__main__":
    print(render())
