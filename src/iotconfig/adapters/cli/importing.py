"""`import`: store the configs of a directory or of records."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from attrs import define

from iotconfig.domain.configs.bulk import BulkOptions, OnConflict
from iotconfig.domain.errors import RecordExists, RecordGone

from .bulk_reports import ending, show_refusal
from .changed import echo_change
from .options import dry_run_option, keep_going_option, message_option
from .runtime import Runtime
from .sources import entries_of
from .terminal import say

if TYPE_CHECKING:
    from iotconfig.domain.configs.bulk import BulkRefusal, Tally


@click.command("import")
@click.argument("source", type=click.Path(exists=True, allow_dash=True, path_type=Path))
@click.option(
    "--on-conflict",
    type=click.Choice([choice.value for choice in OnConflict]),
    default=OnConflict.FAIL.value,
    show_default=True,
    help="What to do if a device already has a config with different content.",
)
@click.option(
    "--allow-replaced",
    is_flag=True,
    help="Give boards that were replaced by another one a config again; otherwise they are refused.",
)
@keep_going_option
@dry_run_option
@message_option
@click.pass_context
def import_(
    ctx: click.Context,
    source: Path,
    on_conflict: str,
    allow_replaced: bool,
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
    options = BulkOptions(
        OnConflict(on_conflict), keep_going=keep_going, dry_run=dry_run, allow_replaced=allow_replaced
    )
    note = runtime.note(message)
    refusals = _Refusals()
    with (
        runtime.services() as services,
        entries_of(source, services.max_content_bytes) as entries,
        _collecting_rarely(),
    ):
        tally = services.bulk.load(entries, options, note, refusals.show)
    say(
        f"{tally.new} new, {tally.changed} changed, {tally.same} same, {_skipped(tally)}{tally.refused} refused: "
        f"{ending(tally, options)}, in {runtime.installation}"
    )
    if tally.change is not None:
        echo_change(tally.change)
    if refusals.has_conflict:
        say(
            "Conflicts: --on-conflict skip keeps the configs that exist, --on-conflict replace replaces their content.",
            err=True,
        )
    if refusals.has_replaced:
        say(
            "Replaced boards: remove their records, or let them have configs again with --allow-replaced.",
            err=True,
        )
    ctx.exit(1 if tally.refused else 0)


@contextmanager
def _collecting_rarely() -> Iterator[None]:
    """Collect garbage rarely: records leave no cycles, and collecting took a sixth of the time (measured)."""
    thresholds = gc.get_threshold()
    gc.set_threshold(100_000, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)


@define
class _Refusals:
    """The refusals of an import, which are shown as they come."""

    has_conflict: bool = False
    """Whether a device already has a config with other content."""
    has_replaced: bool = False
    """Whether a board was replaced by another one."""

    def show(self, refusal: BulkRefusal) -> None:
        """Print a refusal."""
        self.has_conflict = self.has_conflict or isinstance(refusal.error, RecordExists)
        self.has_replaced = self.has_replaced or isinstance(refusal.error, RecordGone)
        show_refusal(refusal)


def _skipped(tally: Tally) -> str:
    return f"{tally.skipped} skipped, " if tally.skipped else ""
