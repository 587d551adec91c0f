"""The files of the migrations: their order and their names.

A start must know whether the schema is current. The file names are enough for that, so that a start need not load Alembic,
which takes longer to import than all else that the check needs.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path

from attrs import frozen


@frozen
class Migration:
    """One step of the schema."""

    revision: str
    title: str

    def __str__(self) -> str:
        return f"{self.revision}  {self.title}"


def scripts_directory() -> Path:
    """Where the migrations are: inside the installed package, or at the top of a checkout."""
    package = Path(__file__).parents[2]
    installed = package / "migrations"
    return installed if installed.is_dir() else package.parents[1] / "migrations"


def known_revisions() -> Sequence[str]:
    """The revisions of all migrations, the oldest first: the part of each file's name before `_`."""
    return [path.name.partition("_")[0] for path in _scripts()]


def migrations_after(revision: str | None) -> tuple[Migration, ...]:
    """The migrations that follow `revision`, one of the known ones, or all where it is None."""
    return tuple(
        Migration(path.name.partition("_")[0], _title(path))
        for path in _scripts()
        if revision is None or path.name.partition("_")[0] > revision
    )


def _scripts() -> Sequence[Path]:
    return sorted((scripts_directory() / "versions").glob("[0-9]*_*.py"))


def _title(script: Path) -> str:
    """The first line of the file's docstring."""
    text = ast.get_docstring(ast.parse(script.read_bytes())) or ""
    return text.partition("\n")[0].rstrip(".")
