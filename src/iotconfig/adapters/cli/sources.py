"""The source of an import: a directory, a file of records, or standard input; its progress is shown on a terminal."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, BinaryIO, Final, TypeVar, cast

import click

from iotconfig.domain.errors import InvalidMacAddress, excerpt
from iotconfig.domain.mac import MacAddress

from .counts import listed
from .streams import STANDARD_STREAM, standard_input
from .terminal import say

if TYPE_CHECKING:
    from iotconfig.domain.configs.bulk import BulkEntry, BulkRefusal

T = TypeVar("T")

_BETWEEN_UPDATES: Final = 500


def say_left_out(source: Path) -> None:
    """List the entries of a directory that are left out, on standard error."""
    from iotconfig.adapters.fleet_files.directory_reading import SourceDirectory

    if source.is_dir() and (others := SourceDirectory.listed(source).others):
        say(f"Not imported, because their names are not <mac>.json: {listed(others)}.", err=True)


@contextmanager
def entries_of(source: Path, max_content_bytes: int) -> Iterator[Iterable[BulkEntry | BulkRefusal]]:
    """The entries of a source; their progress is shown on a terminal."""
    from iotconfig.adapters.fleet_files import files
    from iotconfig.adapters.fleet_files.directory_reading import SourceDirectory

    if source.is_dir():
        directory = SourceDirectory.listed(source)
        with _progress(len(directory.names)) as advance:
            yield _watched(directory.read(max_content_bytes), advance)
        return
    with _opened(source) as (file, size), _progress(size) as advance:
        name = "standard input" if str(source) == STANDARD_STREAM else excerpt(source.name)
        if name.endswith(".json") and files.is_content(file, max_content_bytes):
            raise click.ClickException(_way_to_store(source, name))
        entries = files.read_stream(file, name, max_content_bytes)
        yield _watched(entries, advance, file.tell)


@contextmanager
def _opened(source: Path) -> Iterator[tuple[BinaryIO, int]]:
    """A seekable file and its size. Data from a pipe is written to a temporary file first."""
    with nullcontext(standard_input()) if str(source) == STANDARD_STREAM else source.open("rb") as file:
        if str(source) != STANDARD_STREAM and file.seekable():
            yield file, source.stat().st_size
            return
        with TemporaryFile() as spooled:
            shutil.copyfileobj(file, spooled)
            size = spooled.tell()
            spooled.seek(0)
            yield cast("BinaryIO", spooled), size


@contextmanager
def _progress(length: int) -> Iterator[Callable[[int], None] | None]:
    if not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=length, label="Reading", file=sys.stderr) as bar:
        yield bar.update


def _watched(
    items: Iterable[T], advance: Callable[[int], None] | None, position: Callable[[], int] | None = None
) -> Iterator[T]:
    """The items. Every 500 of them, `advance` gets the progress since the last time: bytes read, or items."""
    if advance is None:
        yield from items
        return
    reported = 0
    for number, item in enumerate(items, 1):
        yield item
        if number % _BETWEEN_UPDATES == 0:
            now = position() if position else number
            advance(now - reported)
            reported = now


def _way_to_store(source: Path, name: str) -> str:
    """The error for a source that is the content of one device; a file's name may be its MAC address."""
    mac_address = "MAC"
    with suppress(InvalidMacAddress):
        mac_address = str(MacAddress.parse(source.stem))
    return (
        f"{name} is the content of one device, not a file of records. "
        "To import many, name a directory of <mac>.json files; to store this one, run  "
        f"iotconfig config set --create {mac_address} --file {shlex.quote(str(source))}"
    )
