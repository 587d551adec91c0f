"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

import click

from iotconfig.domain.configs.precondition import Precondition

from .completion import complete_names

if TYPE_CHECKING:
    from .runtime import Runtime

F = TypeVar("F", bound=Callable[..., Any])

_LARGEST: Final = 999_999_999
"""The largest number of configs or of a revision that services accept."""


class WholeNumber(click.IntRange):
    """A range of whole numbers that ends where services end it, too."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        if number > _LARGEST:
            self.fail(f"{number} is larger than {_LARGEST}.", param, ctx)
        return number


class ReadableFile(click.File):
    """A file to read; if it cannot be opened, the error is one line."""

    def fail(
        self, message: str, param: click.Parameter | None = None, ctx: click.Context | None = None
    ) -> NoReturn:
        raise click.ClickException(message)


def json_option(function: F) -> F:
    """`--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(function)


def config_argument(function: F) -> F:
    """`NAME`, the config of a command, which `names.find` resolves."""
    return click.argument("name", metavar="ID|MAC|NAME", shell_complete=complete_names)(function)


def message_option(function: F) -> F:
    """`--message`, and `--author`, which goes to `Runtime.sign`."""
    function = click.option(
        "--author",
        metavar="NAME",
        expose_value=False,
        callback=_sign,
        help="The author of the change, marked as unverified in the history.  [default: IOTCONFIG_AUTHOR, or "
        "the login name, or anonymous on a service; on one with authentication always the token's name]",
    )(function)
    return click.option(
        "--message", "-m", metavar="TEXT", help="The reason for the change, for the history."
    )(function)


def _sign(ctx: click.Context, _param: click.Parameter, author: str | None) -> None:
    if author:
        runtime: Runtime = ctx.obj
        runtime.sign(author)


def dry_run_option(function: F) -> F:
    """`--dry-run`."""
    return click.option("--dry-run", is_flag=True, help="Show what would change, without changing it.")(
        function
    )


def keep_going_option(function: F) -> F:
    """`--keep-going`."""
    return click.option(
        "--keep-going", is_flag=True, help="Store what is valid, and exit with 1 if something was refused."
    )(function)


def revision_option(function: F) -> F:
    """`--if-revision`."""
    return click.option(
        "--if-revision",
        type=WholeNumber(min=1),
        metavar="N",
        help="Proceed only if the config is at this revision.",
    )(function)


def layer_revision_option(function: F) -> F:
    """`--if-revision`, of a layer."""
    return click.option(
        "--if-revision",
        type=WholeNumber(min=1),
        metavar="N",
        help="Proceed only if the layer is at this revision.",
    )(function)


def precondition_of(if_revision: int | None) -> Precondition:
    """The precondition of `--if-revision`."""
    return Precondition(one_of=None if if_revision is None else frozenset({if_revision}))
