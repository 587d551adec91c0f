"""The flow of a change of all selected configs, or of none: from the question at a terminal to the report."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import evolve, frozen

from iotconfig.domain.configs.bulk_options import BulkOptions
from iotconfig.domain.errors import RecordNotFound

from .bulk_reports import JsonReport, TextReport, ending
from .changed import echo_change
from .counts import counted
from .diffs import echo_proposed
from .options import dry_run_option, json_option, keep_going_option, message_option
from .questions import ask, yes_option
from .terminal import is_interactive, say

if TYPE_CHECKING:
    import click

    from iotconfig.domain.configs.bulk import BulkRefusal, OnRefusal, OnResult, PatchOutcome
    from iotconfig.domain.configs.revisions import ChangeNote
    from iotconfig.domain.configs.selection import Selection

    from .runtime import Runtime, Services

F = TypeVar("F", bound=Callable[..., Any])


@frozen
class Report:
    """What a change is signed with, and where its outcomes go."""

    note: ChangeNote
    on_refusal: OnRefusal
    on_result: OnResult


Write = Callable[["Services", "Selection", BulkOptions, Report], "PatchOutcome"]
"""A change of all configs that a selection takes, as `BulkUseCases.patch` makes it."""


@frozen(kw_only=True)
class WriteOptions:
    """The values of `write_options`."""

    keep_going: bool
    dry_run: bool
    yes: bool
    message: str | None
    as_json: bool


def write_options(function: F) -> F:
    """The options of `WriteOptions`."""
    for option in (json_option, message_option, yes_option, dry_run_option, keep_going_option):
        function = option(function)
    return function


def write_selected(
    ctx: click.Context,
    write: Write,
    selection: Selection,
    given: WriteOptions,
    *,
    asks: bool,
    verb: str,
    refusal: str,
) -> None:
    """Change the selected configs, print the report, and end with status 1 if something was refused.

    asks: whether the selection may be larger than the user thinks: at a terminal, the number of configs is
        shown first, and the user is asked.
    verb: begins the question: `Patch`.
    refusal: the error if the answer is no.
    """
    runtime: Runtime = ctx.obj
    options = BulkOptions(keep_going=given.keep_going, dry_run=given.dry_run)
    note = runtime.note(given.message)
    report, text = JsonReport(options), TextReport()
    with runtime.services() as services:
        if asks and not (given.yes or given.dry_run) and is_interactive():
            count, changing = _tried(services, write, selection, options, note)
            if count:
                ask(f"{verb} {counted(count, 'config')}, of which {changing} will change?", refusal)
            if count is not None:
                selection = evolve(selection, expect=count)
        on_refusal = report.add_refusal if given.as_json else text.add_refusal
        on_result = report.add_result if given.as_json else text.add_result
        outcome = write(services, selection, options, Report(note, on_refusal, on_result))
    tally = outcome.tally
    if given.as_json:
        report.show(tally)
        ctx.exit(1 if tally.refused else 0)
    text.say_left_out_refusals(tally)
    for sample in outcome.samples:
        echo_proposed(sample.config, sample.content)
    if not (tally.changed or tally.same or tally.refused):
        say("No config is selected.", err=True)
    say(
        f"{tally.changed} changed, {tally.same} same, {tally.refused} refused: "
        f"{ending(tally, options)}, in {runtime.installation}"
    )
    if tally.change is not None:
        echo_change(tally.change)
    ctx.exit(1 if tally.refused else 0)


def _tried(
    services: Services, write: Write, selection: Selection, options: BulkOptions, note: ChangeNote
) -> tuple[int | None, int]:
    """The numbers of configs that are selected, and that would change; None where nothing would be stored."""
    refused: list[BulkRefusal] = []
    trial = evolve(options, dry_run=True)
    tally = write(services, selection, trial, Report(note, refused.append, lambda _result: None)).tally
    if refused and not options.keep_going:
        return None, 0
    unfit = sum(not isinstance(refusal.error, RecordNotFound) for refusal in refused)
    return tally.changed + tally.same + unfit, tally.changed
