"""All that commands say: the one place that writes to a terminal, so that no text of others steers it."""

from __future__ import annotations

import sys
from typing import Any

import click

from iotconfig.domain.text import harmless, harmless_json, harmless_lines

from .streams import standard_output


def say(text: str = "", *, err: bool = False, **style: Any) -> None:
    """Print a text and a line end; `style` is click's. What is not visible in it is shown as its escape."""
    shown = harmless_lines(text)
    click.echo(click.style(shown, **style) if style else shown, err=err)


def say_over_progress(text: str, **style: Any) -> None:
    """As `say`, on standard error, over the line of a progress bar, which is drawn again below."""
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", nl=False, err=True)
    say(text, err=True, **style)


def confirm(question: str, **options: Any) -> bool:
    """Ask the person, on standard error; the question is shown as `say` shows it."""
    return click.confirm(harmless(question), err=True, **options)


def say_json(value: object) -> None:
    """Print an entity, or a dictionary of entities, as JSON of the same value; what is not visible is escaped."""
    from iotconfig.adapters.codec import to_json

    text = harmless_json(to_json(value))
    click.echo(_without_returns(text) if is_watched() else text)


def give(document: bytes) -> None:
    """Write JSON to standard output: exactly these bytes, but to a terminal with what is not visible escaped."""
    if is_watched():
        document = _without_returns(harmless_json(document.decode())).encode()
    output = standard_output()
    output.write(document)
    output.flush()


def is_watched() -> bool:
    """Whether standard output is a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()


def _without_returns(text: str) -> str:
    """JSON without carriage returns, which may stand between its values, and overwrite a line on a terminal."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
