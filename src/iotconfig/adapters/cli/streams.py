"""Standard input and output, as bytes."""

from __future__ import annotations

import sys
from typing import BinaryIO, Final, cast

import click

from iotconfig.domain.errors import ContentTooLarge, excerpt

STANDARD_STREAM: Final = "-"
"""The argument that names standard input or output in place of a file."""
MOST_BYTES: Final = 32 * 1024 * 1024
"""The largest file that is read into memory: a patch is far smaller, and it holds the addresses of a million devices."""


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


def whole(file: BinaryIO, place: str) -> bytes:
    """All bytes of a file that is kept in memory; place: what the error names. Raises `ContentTooLarge`."""
    found = file.read(MOST_BYTES + 1)
    if len(found) > MOST_BYTES:
        raise ContentTooLarge(f"{excerpt(place)} has more than {MOST_BYTES // 1024**2} MiB.")
    return found
