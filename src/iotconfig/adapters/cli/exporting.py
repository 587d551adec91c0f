"""`export`: write all configs to a directory, a file of records or standard output."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

import click

from iotconfig.adapters.fleet_files.names import FileNames

from .counts import counted, listed
from .runtime import Runtime
from .streams import STANDARD_STREAM, standard_output
from .tables import printable
from .terminal import give, is_watched, say

if TYPE_CHECKING:
    from iotconfig.adapters.fleet_files.directory_update import DirectoryChanges
    from iotconfig.domain.configs.bulk_use_cases import BulkUseCases


@click.command()
@click.argument("target", type=click.Path(allow_dash=True, path_type=Path))
@click.option(
    "--into",
    is_flag=True,
    help="Update the directory TARGET: write what is new or changed, remove the files of configs that are gone.",
)
@click.option(
    "--names",
    type=click.Choice([spelling.value for spelling in FileNames]),
    help="How files are named: aabbccddeeff.json (the default), aa-bb-…, or aa:bb:…, which Windows and FAT "
    "do not allow. With --into, existing files keep their names unless this is given.",
)
@click.pass_obj
def export(runtime: Runtime, target: Path, into: bool, names: str | None) -> None:
    """Write all configs to TARGET, as one consistent snapshot.

    TARGET is a file of records (.ndjson), a new directory of <mac>.json
    files, or - for records on standard output. It is written completely or
    not at all. With --into, TARGET may be a directory that has files already:
    <mac>.json files are updated one by one, each atomically, and other files
    are not touched. A file that differs from its config in line ends only is not
    rewritten.
    """
    is_directory = _is_directory(target)
    if not is_directory and (into or names):
        raise click.UsageError("--into and --names are for directories.")
    spelling = FileNames(names) if names else None
    with runtime.services() as services:
        if into:
            _update(runtime, services.bulk, target, spelling)
            return
        if is_directory:
            count = _write_directory(services.bulk, target, spelling or FileNames.PLAIN)
        elif str(target) == STANDARD_STREAM:
            count = _print_records(services.bulk)
        else:
            count = _write_records(services.bulk, target)
    say(f"{counted(count, 'config')} from {runtime.installation} exported to {printable(target)}", err=True)


def _is_directory(target: Path) -> bool:
    """Whether the target is a directory, by its name. Raises `UsageError` for `.json`."""
    from iotconfig.adapters.fleet_files import files

    if target.suffix == ".json":
        raise click.UsageError(
            f"Name a directory, or a file that ends in .ndjson: {printable(target)} is neither."
        )
    return str(target) != STANDARD_STREAM and target.suffix != files.NDJSON_SUFFIX


def _print_records(bulk: BulkUseCases) -> int:
    from iotconfig.adapters.fleet_files import files

    # The reader may be slow: end the snapshot before the first byte is written.
    with TemporaryFile() as file:
        with bulk.export() as configs:
            count = files.write_records(file, configs)
        file.seek(0)
        if is_watched():
            for line in file:
                give(line)
        else:
            shutil.copyfileobj(file, standard_output())
    return count


def _write_records(bulk: BulkUseCases, target: Path) -> int:
    from iotconfig.adapters.fleet_files import files

    with files.new_file(target) as part, bulk.export() as configs:
        return files.write_records(part, configs)


def _write_directory(bulk: BulkUseCases, target: Path, names: FileNames) -> int:
    from iotconfig.adapters.fleet_files.directory_writing import write_directory

    with bulk.export() as configs:
        return write_directory(target, configs, names)


def _update(runtime: Runtime, bulk: BulkUseCases, target: Path, names: FileNames | None) -> None:
    from iotconfig.adapters.fleet_files.directory_update import update_directory

    with bulk.export() as configs:
        changes = update_directory(target, configs, names)
    _show(changes)
    count = len(changes.new) + len(changes.changed) + changes.unchanged
    say(
        f"{counted(count, 'config')} from {runtime.installation} in {printable(target)}: {len(changes.new)} new, "
        f"{len(changes.changed)} changed, {len(changes.removed)} removed, {changes.unchanged} unchanged",
        err=True,
    )


def _show(changes: DirectoryChanges) -> None:
    for kind, names in (("new", changes.new), ("changed", changes.changed), ("removed", changes.removed)):
        for name in names:
            say(f"{kind:7}  {name}")
    if changes.others:
        say(f"Not changed, because their names are not MAC addresses: {listed(changes.others)}.", err=True)
