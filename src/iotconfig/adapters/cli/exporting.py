"""`export`: write all configs to a directory, a file of records or standard output."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryFile, gettempdir
from typing import TYPE_CHECKING

import click
from attrs import frozen

from iotconfig.adapters.fleet_files.names import FileNames
from iotconfig.domain.configs.labels import TagFilter

from .counts import counted, listed
from .runtime import Runtime, Services
from .streams import STANDARD_STREAM, standard_output
from .tables import printable
from .terminal import give, is_watched, say, to_standard_output

if TYPE_CHECKING:
    from iotconfig.adapters.fleet_files.directory_update import DirectoryChanges
    from iotconfig.domain.configs.bulk import ExportedConfig


@click.command()
@click.argument("target", type=click.Path(allow_dash=True, path_type=Path))
@click.option(
    "--into",
    is_flag=True,
    help="Update the directory TARGET: write what is new or changed, remove the files of configs that are gone.",
)
@click.option(
    "--tree",
    is_flag=True,
    help="Write the tree that 'plan' and 'apply' read: layers, devices, tags.json, and managed.json.",
)
@click.option(
    "--names",
    type=click.Choice([spelling.value for spelling in FileNames]),
    help="How files are named: aabbccddeeff.json (the default), aa-bb-…, or aa:bb:…, which Windows and FAT "
    "do not allow. With --into, existing files keep their names unless this is given.",
)
@click.option(
    "--tag",
    "tags",
    metavar="TAG",
    multiple=True,
    help="Only configs with this tag, or with !TAG without it; repeatable.",
)
@click.pass_obj
def export(
    runtime: Runtime, target: Path, into: bool, tree: bool, names: str | None, tags: tuple[str, ...]
) -> None:
    """Write all configs to TARGET, as one consistent snapshot.

    TARGET is a file of records (.ndjson), a new directory of <mac>.json
    files, or - for records on standard output. It is written completely or
    not at all. With --into, TARGET may be a directory that has files already:
    <mac>.json files are updated one by one, each atomically, and other files
    are not touched. A file that differs from its config in line ends only is not
    rewritten.

    Tags and notes are written to a side file: tags.ndjson in the directory, or
    fleet.tags.ndjson beside fleet.ndjson; not to standard output. Without
    tags and notes there is none.

    With --tree, TARGET is a new directory with everything that 'plan' compares.
    """
    is_directory = _is_directory(target)
    if not is_directory and (into or names):
        raise click.UsageError("--into and --names are for directories.")
    spelling = FileNames(names) if names else None
    chosen = TagFilter.of(tags)
    if tree and (not is_directory or into or names or tags):
        raise click.UsageError("--tree writes the whole fleet to a new directory: leave out other options.")
    with runtime.services() as services:
        if tree:
            _write_tree(runtime, services, target)
            return
        exporting = _Exporting(services, chosen)
        if into:
            _update(runtime, exporting, target, spelling)
            return
        if is_directory:
            count = _write_directory(exporting, target, spelling or FileNames.PLAIN)
        elif str(target) == STANDARD_STREAM:
            count = _print_records(exporting)
        else:
            count = _write_records(exporting, target)
    say(f"{counted(count, 'config')} from {runtime.installation} exported to {printable(target)}", err=True)


@frozen
class _Exporting:
    """What is exported: the configs with some tags, and their labels."""

    _services: Services
    _tags: TagFilter

    def configs(self) -> AbstractContextManager[Iterator[ExportedConfig]]:
        """The configs, as one snapshot."""
        return self._services.bulk.export(self._tags)

    def labels(self) -> bytes:
        """The content of the side file; empty if there is none."""
        from iotconfig.adapters.fleet_files.side_files import labels_text

        return labels_text(self._services.tags.export(self._tags))


@contextmanager
def _written_to(place: Path) -> Iterator[None]:
    """Let the system's error have a name where it has none, as that of a write to a full disk."""
    try:
        yield
    except OSError as error:
        if error.filename is not None or error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, str(place)) from None


def _is_directory(target: Path) -> bool:
    """Whether the target is a directory, by its name. Raises `UsageError` for `.json`."""
    from iotconfig.adapters.fleet_files import files

    if target.suffix == ".json":
        raise click.UsageError(
            f"Name a directory, or a file that ends in .ndjson: {printable(target)} is neither."
        )
    return str(target) != STANDARD_STREAM and target.suffix != files.NDJSON_SUFFIX


def _print_records(exporting: _Exporting) -> int:
    from iotconfig.adapters.fleet_files import files

    # The reader may be slow: end the snapshot before the first byte is written.
    with TemporaryFile() as file:
        with _written_to(Path(gettempdir())), exporting.configs() as configs:
            count = files.write_records(file, configs)
            file.seek(0)
        if is_watched():
            for line in file:
                give(line)
        else:
            with to_standard_output():
                output = standard_output()
                shutil.copyfileobj(file, output)
                output.flush()
    return count


def _write_records(exporting: _Exporting, target: Path) -> int:
    from iotconfig.adapters.fleet_files import files
    from iotconfig.adapters.fleet_files.side_files import side_file_of

    labels = exporting.labels()
    with _written_to(target), files.new_file(target) as part, exporting.configs() as configs:
        count = files.write_records(part, configs)
    beside = side_file_of(target)
    if labels:
        with _written_to(beside), files.new_file(beside) as part:
            part.write(labels)
    else:
        # One of an earlier export would give devices tags that they no longer have.
        beside.unlink(missing_ok=True)
    return count


def _write_directory(exporting: _Exporting, target: Path, names: FileNames) -> int:
    from iotconfig.adapters.fleet_files.directory_writing import write_directory

    labels = exporting.labels()
    with _written_to(target), exporting.configs() as configs:
        return write_directory(target, configs, names, labels)


def _write_tree(runtime: Runtime, services: Services, target: Path) -> None:
    from iotconfig.adapters.fleet_files.tree_writing import write_tree
    from iotconfig.domain.planning.fleet import read_fleet

    fleet = read_fleet(services)
    with _written_to(target):
        write_tree(target, fleet)
    say(
        f"{counted(len(fleet.devices), 'device')} from {runtime.installation} exported to {printable(target)}",
        err=True,
    )


def _update(runtime: Runtime, exporting: _Exporting, target: Path, names: FileNames | None) -> None:
    from iotconfig.adapters.fleet_files.directory_update import update_directory

    labels = exporting.labels()
    with _written_to(target), exporting.configs() as configs:
        changes = update_directory(target, configs, names, labels)
    _show(changes)
    count = len(changes.new) + len(changes.changed) + changes.unchanged
    say(
        f"{counted(count, 'config')} from {runtime.installation} in {printable(target)}: {len(changes.new)} new, "
        f"{len(changes.changed)} changed, {len(changes.removed)} removed, {changes.unchanged} unchanged",
        err=True,
    )


def _show(changes: DirectoryChanges) -> None:
    from iotconfig.adapters.fleet_files.side_files import IN_DIRECTORY

    for kind, names in (("new", changes.new), ("changed", changes.changed), ("removed", changes.removed)):
        for name in names:
            say(f"{kind:7}  {name}")
    if changes.side_file is not None:
        say(f"{changes.side_file:7}  {IN_DIRECTORY}")
    if changes.others:
        say(f"Not changed, because their names are not MAC addresses: {listed(changes.others)}.", err=True)
