"""`export`: write all configs to a directory, a file of records or standard output."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryFile

import click

from .counts import counted
from .runtime import Runtime
from .streams import STANDARD_STREAM, standard_output
from .tables import printable
from .terminal import give, is_watched, say


@click.command()
@click.argument("target", type=click.Path(allow_dash=True, path_type=Path))
@click.pass_obj
def export(runtime: Runtime, target: Path) -> None:
    """Write all configs to TARGET, as one consistent snapshot.

    TARGET is a file of records (.ndjson), a new directory of <mac>.json
    files, or - for records on standard output. It is written completely or
    not at all.
    """
    from iotconfig.adapters.fleet_files import files

    with runtime.services() as services:
        if str(target) == STANDARD_STREAM:
            # The reader may be slow: end the snapshot before the first byte is written.
            with TemporaryFile() as file:
                with services.bulk.export() as configs:
                    count = files.write_records(file, configs)
                file.seek(0)
                if is_watched():
                    for line in file:
                        give(line)
                else:
                    shutil.copyfileobj(file, standard_output())
        elif target.suffix == files.NDJSON_SUFFIX:
            with files.new_file(target) as part, services.bulk.export() as configs:
                count = files.write_records(part, configs)
        elif target.suffix == ".json":
            raise click.UsageError(
                f"Name a directory, or a file that ends in .ndjson: {printable(target)} is neither."
            )
        else:
            with services.bulk.export() as configs:
                count = files.write_directory(target, configs)
    say(f"{counted(count, 'config')} from {runtime.installation} exported to {printable(target)}", err=True)
