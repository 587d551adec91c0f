"""Options that several commands share, and what they mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

import click

from iotconfig.domain.configs.precondition import Precondition

F = TypeVar("F", bound=Callable[..., Any])


class ReadableFile(click.File):
    """A file whose absence is an error of one line, not a lesson in usage."""

    def fail(
        self, message: str, param: click.Parameter | None = None, ctx: click.Context | None = None
    ) -> NoReturn:
        raise click.ClickException(message)


def json_option(function: F) -> F:
    """`--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")(function)


def message_option(function: F) -> F:
    """`--message`."""
    return click.option("--message", "-m", metavar="TEXT", help="Why, for the history.")(function)


def dry_run_option(function: F) -> F:
    """`--dry-run`."""
    return click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")(
        function
    )


def keep_going_option(function: F) -> F:
    """`--keep-going`."""
    return click.option(
        "--keep-going", is_flag=True, help="Store what can be stored, and exit with 1 for the rest."
    )(function)


def revision_option(function: F) -> F:
    """`--if-revision`."""
    return click.option(
        "--if-revision",
        type=click.IntRange(min=1),
        metavar="N",
        help="Only if the config is at this revision.",
    )(function)


def precondition_of(if_revision: int | None) -> Precondition:
    """What `--if-revision` asks for."""
    return Precondition(one_of=None if if_revision is None else frozenset({if_revision}))
