"""Commands for many configs at once: import, export, patch."""

from __future__ import annotations

import gc
import shlex
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, BinaryIO, TypeVar, cast

import click
from attrs import define

from iotconfig.domain.configs.bulk import BulkOptions, OnConflict
from iotconfig.domain.configs.selection import Selection
from iotconfig.domain.documents import strict_json
from iotconfig.domain.documents.line_ends import without_mark
from iotconfig.domain.documents.merge_patch import MergePatch
from iotconfig.domain.errors import InvalidMacAddress, RecordExists, excerpt
from iotconfig.domain.mac import MacAddress

from .counts import counted
from .diffs import echo_proposed
from .errors import one_line
from .options import dry_run_option, keep_going_option, message_option
from .runtime import Runtime
from .streams import standard_input, standard_output
from .tables import printable
from .terminal import give, is_watched, say, say_over_progress

if TYPE_CHECKING:
    from iotconfig.domain.configs.bulk import BulkEntry, BulkRefusal, BulkResult, PatchOutcome, Tally

T = TypeVar("T")

_STDIN = "-"
_BETWEEN_UPDATES = 500


@click.command("import")
@click.argument("source", type=click.Path(exists=True, allow_dash=True, path_type=Path))
@click.option(
    "--on-conflict",
    type=click.Choice([choice.value for choice in OnConflict]),
    default=OnConflict.FAIL.value,
    show_default=True,
    help="What to do if a device already has a config with different content.",
)
@keep_going_option
@dry_run_option
@message_option
@click.pass_context
def import_(
    ctx: click.Context,
    source: Path,
    on_conflict: str,
    keep_going: bool,
    dry_run: bool,
    message: str | None,
) -> None:
    """Store the configs of SOURCE: all of them, or none.

    SOURCE is a directory of <mac>.json files; a file of records, one
    {"mac_address": …, "content": …} a line (.ndjson) or as {"configs": […]};
    or - for records on standard input. Invalid records are listed. A record
    that is stored already creates no revision and announces nothing. The
    content of one device is stored by 'iotconfig config set --create'.
    """
    runtime: Runtime = ctx.obj
    options = BulkOptions(OnConflict(on_conflict), keep_going=keep_going, dry_run=dry_run)
    note = runtime.note(message)
    refusals = _Refusals()
    with (
        runtime.services() as services,
        _entries(source, services.max_content_bytes) as entries,
        _collecting_rarely(),
    ):
        tally = services.bulk.load(entries, options, note, refusals.show)
    say(
        f"{tally.new} new, {tally.changed} changed, {tally.same} same, {_skipped(tally)}{tally.refused} refused: "
        f"{_ending(tally, options)}, in {runtime.installation}"
    )
    if refusals.has_conflict:
        say(
            "Conflicts: --on-conflict skip keeps the configs that exist, --on-conflict replace replaces their content.",
            err=True,
        )
    ctx.exit(1 if tally.refused else 0)


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
        if str(target) == _STDIN:
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


@click.command()
@click.option(
    "--match",
    metavar="TEXT",
    help="Configs with TEXT in the MAC address (any spelling), device name or entity id.",
)
@click.option("--ota/--no-ota", default=None, help="Configs with over-the-air updates switched on, or off.")
@click.option("--all", "everything", is_flag=True, help="All configs.")
@click.option(
    "--merge", metavar="JSON", required=True, help="The merge patch (RFC 7396), or - for standard input."
)
@keep_going_option
@dry_run_option
@message_option
@click.pass_context
def patch(
    ctx: click.Context,
    match: str | None,
    ota: bool | None,
    everything: bool,
    merge: str,
    keep_going: bool,
    dry_run: bool,
    message: str | None,
) -> None:
    """Apply a merge patch to all selected configs, or to none.

    A member that is null is removed; other members keep their bytes. Prints
    one line for each config. A patch can be repeated: configs that have its
    values already are not changed again.
    """
    if everything == (match is not None or ota is not None):
        raise click.UsageError("Select configs with --match, --ota or --no-ota; or give --all.")
    runtime: Runtime = ctx.obj
    options = BulkOptions(keep_going=keep_going, dry_run=dry_run)
    given = strict_json.decode_utf8(without_mark(standard_input().read())) if merge == _STDIN else merge
    with runtime.services() as services:
        outcome = services.bulk.patch(
            Selection(text=match, enable_ota=ota, everything=everything, allow_empty=True),
            MergePatch.parse(given),
            options,
            runtime.note(message),
            _show_refusal,
            _show_result,
            max_content_bytes=services.max_content_bytes,
        )
    _echo_samples(outcome)
    tally = outcome.tally
    if not (tally.changed or tally.same or tally.refused):
        say("No config is selected.", err=True)
    say(
        f"{tally.changed} changed, {tally.same} same, {tally.refused} refused: "
        f"{_ending(tally, options)}, in {runtime.installation}"
    )
    ctx.exit(1 if tally.refused else 0)


@contextmanager
def _entries(source: Path, max_content_bytes: int) -> Iterator[Iterable[BulkEntry | BulkRefusal]]:
    """The entries of a source; their progress is shown on a terminal."""
    from iotconfig.adapters.fleet_files import files

    if source.is_dir():
        with _progress(files.count_files(source)) as advance:
            entries = files.read_directory(source, max_content_bytes)
            yield _watched(entries, advance)
        return
    with _opened(source) as (file, size), _progress(size) as advance:
        name = "standard input" if str(source) == _STDIN else excerpt(source.name)
        if name.endswith(".json") and files.is_content(file, max_content_bytes):
            raise click.ClickException(_way_to_store(source, name))
        entries = files.read_stream(file, name, max_content_bytes)
        yield _watched(entries, advance, file.tell)


@contextmanager
def _collecting_rarely() -> Iterator[None]:
    """Collect garbage rarely: records leave no cycles, and collecting took a sixth of the time (measured)."""
    thresholds = gc.get_threshold()
    gc.set_threshold(100_000, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)


@contextmanager
def _opened(source: Path) -> Iterator[tuple[BinaryIO, int]]:
    """A seekable file and its size. Data from a pipe is written to a temporary file first."""
    with nullcontext(standard_input()) if str(source) == _STDIN else source.open("rb") as file:
        if str(source) != _STDIN and file.seekable():
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


@define
class _Refusals:
    """The refusals of an import, which are shown as they come."""

    has_conflict: bool = False
    """Whether a device already has a config with other content."""

    def show(self, refusal: BulkRefusal) -> None:
        """Print a refusal."""
        self.has_conflict = self.has_conflict or isinstance(refusal.error, RecordExists)
        _show_refusal(refusal)


def _show_refusal(refusal: BulkRefusal) -> None:
    say_over_progress(f"{printable(refusal.place)}: {printable(one_line(refusal.error))}", fg="red")


def _show_result(result: BulkResult) -> None:
    say(f"{result.mac_address}  {result.outcome.value}  revision {result.revision}")


def _echo_samples(outcome: PatchOutcome) -> None:
    for sample in outcome.samples:
        echo_proposed(sample.config, sample.content)


def _skipped(tally: Tally) -> str:
    return f"{tally.skipped} skipped, " if tally.skipped else ""


def _ending(tally: Tally, options: BulkOptions) -> str:
    if tally.stored:
        return "stored"
    if options.dry_run:
        return "nothing was stored (dry run)"
    return "nothing was stored" if tally.refused else "nothing to store"
