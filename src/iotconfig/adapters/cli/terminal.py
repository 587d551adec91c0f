"""Output of commands. Only this module writes to a terminal, so that no control character of a document gets there."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import click

from iotconfig.domain.text import harmless, harmless_json, harmless_lines

from .streams import standard_output
from .tables import Column, table


def say(text: str = "", *, err: bool = False, **style: Any) -> None:
    """Print one line; `style` is click's. Invisible characters, line ends too, are printed as escapes."""
    shown = harmless(text)
    _echo(click.style(shown, **style) if style else shown, err=err)


def say_lines(text: str) -> None:
    """Print the lines of a text. Invisible characters in them are printed as escapes."""
    _echo(harmless_lines(text))


def say_table(columns: Sequence[Column], rows: Iterable[Sequence[object]]) -> None:
    """Print a table: fitted to the width of the terminal, or whole to a file or pipe."""
    say_lines(table(columns, rows, shutil.get_terminal_size().columns if is_watched() else None))


def redraw(text: str) -> None:
    """Print these lines in place of everything that the terminal shows."""
    lines = "".join(f"{line}\x1b[K\n" for line in harmless_lines(text).split("\n"))
    _echo(f"\x1b[H{lines}\x1b[J", nl=False)


def say_over_progress(text: str, **style: Any) -> None:
    """As `say`, on standard error, in place of a progress bar, which is drawn again below."""
    if sys.stderr.isatty():
        _echo("\r\x1b[K", nl=False, err=True)
    say(text, err=True, **style)


def confirm(question: str, **options: Any) -> bool:
    """Ask a question on standard error; invisible characters in it are printed as escapes."""
    return click.confirm(harmless(question), err=True, **options)


def ask_secret(question: str) -> str:
    """Ask a question on standard error; the answer is not echoed."""
    answer: str = click.prompt(harmless(question), hide_input=True, err=True)
    return answer


def say_json(value: object) -> None:
    """Print an entity, or a dictionary of entities, as JSON; invisible characters are JSON escapes."""
    from iotconfig.adapters.codec import to_json

    text = harmless_json(to_json(value))
    _echo(_without_returns(text) if is_watched() else text)


def give(document: bytes) -> None:
    """Write JSON to standard output: these bytes exactly, but on a terminal with invisible characters as JSON escapes."""
    if is_watched():
        document = _without_returns(harmless_json(document.decode())).encode()
    with to_standard_output():
        output = standard_output()
        output.write(document)
        output.flush()


def is_watched() -> bool:
    """Whether standard output is a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()


def is_interactive() -> bool:
    """Whether standard input and output are a terminal, where a user can edit a text and answer questions."""
    return is_watched() and sys.stdin is not None and sys.stdin.isatty()


@contextmanager
def to_standard_output() -> Iterator[None]:
    """Let the system's error about standard output, such as that of a full disk, name it."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        if error.filename is not None or error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, "Standard output") from None


def _echo(text: str, *, nl: bool = True, err: bool = False) -> None:
    with nullcontext() if err else to_standard_output():
        click.echo(text, nl=nl, err=err)


def _without_returns(text: str) -> str:
    """JSON without carriage returns: between values they are valid, and on a terminal they overwrite the line."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
