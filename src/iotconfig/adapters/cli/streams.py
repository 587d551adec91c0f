"""Standard input and output, as bytes."""

from __future__ import annotations

import sys
from typing import BinaryIO, Final, cast

import click

STANDARD_STREAM: Final = "-"
"""The argument that names standard input or output in place of a file."""


def standard_input() -> BinaryIO:
    """Standard input. Raises `ClickException` if it is closed."""
    if sys.stdin is None:
        raise click.ClickException("Standard input is closed: there is nothing to read.")
    return cast("BinaryIO", click.open_file("-", "rb"))


def standard_output() -> BinaryIO:
    """Standard output. Raises `ClickException` if it is closed."""
    if sys.stdout is None:
        raise click.ClickException("Standard output is closed: there is nowhere to write.")
    return cast("BinaryIO", click.open_file("-", "wb"))
