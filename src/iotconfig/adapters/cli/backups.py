"""Commands that back up a SQLite database, and restore it."""

from __future__ import annotations

from pathlib import Path

import click

from .options import json_option
from .runtime import Runtime
from .streams import STANDARD_STREAM
from .tables import printable
from .terminal import say, say_json


@click.command()
@click.argument("path", type=click.Path(path_type=Path), required=False)
@json_option
@click.pass_obj
def backup(runtime: Runtime, path: Path | None, as_json: bool) -> None:
    """Copy a SQLite database into a new file.

    PATH is a new file, or a directory, in which the file gets a dated name; the
    default is the working directory. The service can run meanwhile. A backup that
    fails leaves no file. Assets and settings are not part of it.
    """
    if path == Path(STANDARD_STREAM):
        raise click.UsageError("A backup is a file: name one, or a directory.")
    written = runtime.backups().back_up(path)
    if as_json:
        say_json({"database": runtime.installation, "path": str(written)})
        return
    say(f"Copied {runtime.installation} to {printable(written)}")


@click.command("restore")
@click.argument("path", type=click.Path(path_type=Path))
@json_option
@click.pass_obj
def restore_backup(runtime: Runtime, path: Path, as_json: bool) -> None:
    """Replace a SQLite database by the backup PATH.

    The service has to be stopped. The replaced file is kept beside the
    database. 'iotconfig config restore' restores one deleted config.
    """
    kept = runtime.backups().restore(path)
    if as_json:
        members = {"path": str(path), "kept": None if kept is None else str(kept)}
        say_json({"database": runtime.installation, **members})
        return
    say(f"Restored {runtime.installation} from {printable(path)}")
    if kept is not None:
        say(f"The replaced file is kept as {printable(kept)}")
