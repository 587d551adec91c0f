"""`import`: store the configs of a directory or of records."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
from attrs import define, evolve, frozen

from iotconfig.domain.configs.bulk import OnConflict
from iotconfig.domain.configs.bulk_options import BulkOptions, ImportOptions
from iotconfig.domain.configs.labels import TagFilter
from iotconfig.domain.errors import RecordExists, RecordGone

from .bulk_reports import JsonReport, TextReport, ending
from .changed import echo_change
from .counts import counted
from .options import WholeNumber, dry_run_option, json_option, keep_going_option, message_option
from .planned import collecting_rarely
from .questions import ask
from .runtime import Runtime, Services
from .side_files import SideFile, say_tags, side_entries
from .sources import entries_of, say_left_out
from .terminal import is_interactive, say

if TYPE_CHECKING:
    from iotconfig.domain.configs.bulk import BulkRefusal, OnRefusal, OnResult, Tally
    from iotconfig.domain.configs.revisions import ChangeNote

_MOST_REFUSALS: Final = 20
"""Printed of one file: the wrong file has as many as it has lines."""


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
@click.option(
    "--prune",
    is_flag=True,
    help="Delete the configs that SOURCE does not have, unless something is refused. Lists them, and asks at "
    "a terminal; --dry-run only lists them.",
)
@click.option(
    "--expect-removed",
    type=WholeNumber(min=0),
    metavar="N",
    help="With --prune: do not ask, and store nothing unless exactly N configs are deleted.",
)
@click.option("--yes", is_flag=True, help="With --prune: do not ask.")
@click.option(
    "--allow-empty", is_flag=True, help="With --prune: a SOURCE without configs deletes all that are stored."
)
@click.option(
    "--tag",
    "tags",
    metavar="TAG",
    multiple=True,
    help="Only devices with this tag, or with !TAG without it, by the side file, otherwise by their configs; repeatable.",
)
@keep_going_option
@dry_run_option
@message_option
@json_option
@click.pass_context
def import_(
    ctx: click.Context,
    source: Path,
    on_conflict: str,
    allow_replaced: bool,
    prune: bool,
    expect_removed: int | None,
    yes: bool,
    allow_empty: bool,
    tags: tuple[str, ...],
    keep_going: bool,
    dry_run: bool,
    message: str | None,
    as_json: bool,
) -> None:
    """Store the configs of SOURCE: all of them, or none.

    SOURCE is a directory of <mac>.json files; a file of records, one
    {"mac_address": …, "content": …} a line (.ndjson) or as {"configs": […]};
    or - for records on standard input. The first 20 refusals are listed; --json
    lists all. A record that is stored already creates no revision and announces
    nothing. To store the content of one device, use 'iotconfig config set --create'.

    Then tags and notes are stored, if there is a side file as 'export' writes it:
    tags.ndjson in the directory, or fleet.tags.ndjson beside fleet.ndjson. A device
    that it does not list keeps its tags and its note.
    """
    runtime: Runtime = ctx.obj
    if prune and keep_going:
        raise click.UsageError("--prune is all or nothing: leave out --keep-going.")
    if prune and tags:
        raise click.UsageError("--prune takes all devices: leave out --tag.")
    if not prune and (expect_removed is not None or yes or allow_empty):
        raise click.UsageError("--expect-removed, --yes and --allow-empty are for --prune.")
    options = ImportOptions(
        OnConflict(on_conflict),
        keep_going=keep_going,
        dry_run=dry_run,
        allow_replaced=allow_replaced,
        prune=prune,
        expect_removed=expect_removed,
        allow_empty=allow_empty,
    )
    asks = prune and not (dry_run or yes or expect_removed is not None)
    if asks and (as_json or not is_interactive() or not (source.is_dir() or source.is_file())):
        raise click.UsageError(
            "--prune deletes configs: add --expect-removed N, or --yes. To list them first, use --dry-run."
        )
    label_options = BulkOptions(keep_going=keep_going, dry_run=dry_run)
    report, labels = JsonReport(options), JsonReport(label_options)
    text, label_text = TextReport(_MOST_REFUSALS), TextReport(_MOST_REFUSALS)
    refusals = _Refusals(report.add_refusal if as_json else text.add_refusal)
    say_left_out(source)
    note = runtime.note(message)
    found, chosen = side_entries(source), TagFilter.of(tags)
    with runtime.services() as services:
        side = SideFile(services, found or (), label_options, note, chosen)
        loading = _Loading(services, source, note, refusals, side)
        tally = (
            loading.confirmed(options, text)
            if asks
            else loading.load(options, report.add_result if as_json else text.add_removal)
        )
        if not as_json:
            _say_outcome(tally, options, text, refusals, runtime.installation)
        tagged = None
        if found is not None and (dry_run or keep_going or not tally.refused):
            tagged = side.load(labels if as_json else label_text)
    if as_json:
        report.show_import(tally, None if tagged is None else labels.members(tagged))
    elif tagged is not None:
        label_text.say_left_out_refusals(tagged)
        say_tags(tagged, label_options)
    ctx.exit(1 if tally.refused or (tagged and tagged.refused) else 0)


def _say_outcome(
    tally: Tally, options: ImportOptions, text: TextReport, refusals: _Refusals, installation: str
) -> None:
    text.say_left_out_refusals(tally)
    text.say_left_out_removals(tally)
    say(
        f"{tally.new} new, {tally.changed} changed, {tally.same} same, {_skipped(tally)}{_deleted(tally)}{tally.refused} refused: "
        f"{ending(tally, options)}, in {installation}"
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
            "Replaced boards: remove their files or records, or let them have configs again with --allow-replaced.",
            err=True,
        )


@frozen
class _Loading:
    """The import of one source, which is read for each load."""

    _services: Services
    _source: Path
    _note: ChangeNote
    _refusals: _Refusals
    _side: SideFile

    def load(self, options: ImportOptions, on_result: OnResult) -> Tally:
        """Read the source and store its configs. `on_result`: for the deletions."""
        with (
            entries_of(self._source, self._services.max_content_bytes) as entries,
            collecting_rarely(),
        ):
            joined = self._side.joined(entries)
            return self._services.bulk.load(joined, options, self._note, self._refusals.show, on_result)

    def confirmed(self, options: ImportOptions, text: TextReport) -> Tally:
        """As `load`, after the deletions were shown and confirmed; no other number of configs is deleted."""
        shown = self.load(evolve(options, dry_run=True), text.add_removal)
        if shown.refused:
            return shown
        text.say_left_out_removals(shown)
        if shown.deleted:
            ask(
                f"Delete {counted(shown.deleted, 'config')}?",
                "Nothing was changed. --yes deletes without a question.",
            )
        return self.load(evolve(options, expect_removed=shown.deleted), lambda _removal: None)


@define
class _Refusals:
    """The refusals of an import, which are shown as they come."""

    _on_refusal: OnRefusal
    has_conflict: bool = False
    """Whether a device already has a config with other content."""
    has_replaced: bool = False
    """Whether a board was replaced by another one."""

    def show(self, refusal: BulkRefusal) -> None:
        """Report a refusal."""
        self.has_conflict = self.has_conflict or isinstance(refusal.error, RecordExists)
        self.has_replaced = self.has_replaced or isinstance(refusal.error, RecordGone)
        self._on_refusal(refusal)


def _deleted(tally: Tally) -> str:
    return f"{tally.deleted} deleted, " if tally.deleted else ""


def _skipped(tally: Tally) -> str:
    return f"{tally.skipped} skipped, " if tally.skipped else ""
