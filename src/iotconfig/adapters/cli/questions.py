"""Questions before changes that a user may not mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from .terminal import confirm, say

F = TypeVar("F", bound=Callable[..., Any])


def yes_option(function: F) -> F:
    """`--yes`."""
    return click.option("--yes", "-y", is_flag=True, help="Do not ask for confirmation.")(function)


def ask(question: str, refusal: str) -> None:
    """Ask before a change. Raises `ClickException` with the refusal unless the answer is yes."""
    try:
        if confirm(question):
            return
    except click.Abort:
        # The end of the input, or Ctrl-C; the cursor is still behind the question.
        say(err=True)
    raise click.ClickException(refusal)
