"""`patch`: merge a patch into many configs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from attrs import evolve

from iotconfig.domain.configs.bulk import BulkRefusal
from iotconfig.domain.configs.bulk_options import BulkOptions
from iotconfig.domain.errors import RecordNotFound

from .bulk_reports import JsonReport, TextReport, ending
from .changed import echo_change
from .counts import counted
from .diffs import echo_proposed
from .merge_patches import member_options, merge_patch_of
from .options import dry_run_option, json_option, keep_going_option, message_option
from .questions import ask, yes_option
from .runtime import Runtime, Services
from .selecting import SelectionOptions, selection_options
from .streams import STANDARD_STREAM
from .terminal import is_interactive, say

if TYPE_CHECKING:
    from iotconfig.domain.configs.bulk import PatchOutcome
    from iotconfig.domain.configs.selection import Selection
    from iotconfig.domain.documents.merge_patch import MergePatch


@click.command()
@selection_options
@click.option("--merge", metavar="JSON", help="The merge patch (RFC 7396), or - for standard input.")
@member_options
@keep_going_option
@dry_run_option
@yes_option
@message_option
@json_option
@click.pass_context
def patch(
    ctx: click.Context,
    /,
    merge: str | None,
    assignments: tuple[str, ...],
    unset: tuple[str, ...],
    keep_going: bool,
    dry_run: bool,
    yes: bool,
    message: str | None,
    as_json: bool,
    **selecting: Any,
) -> None:
    """Apply a merge patch to all selected configs, or to none.

    Configs are named by --mac, --name and --from-file, or selected by the
    other options, or both. All conditions must hold. At a terminal, --match,
    --ota, --tag and --all show the number of configs and ask.

    A member that is null is removed; other members keep their bytes. Arrays
    are replaced as a whole. Prints one line for each config. A patch can be
    repeated: configs that have its values already are not changed again.
    """
    runtime: Runtime = ctx.obj
    chosen = SelectionOptions(**selecting)
    if merge == STANDARD_STREAM and chosen.reads_standard_input:
        raise click.UsageError(
            "--merge - and --from-file - both read standard input: give one of them in another way."
        )
    selection = chosen.selection()
    change = merge_patch_of(merge, assignments, unset, "--merge JSON")
    options = BulkOptions(keep_going=keep_going, dry_run=dry_run)
    report, text = JsonReport(options), TextReport()
    with runtime.services() as services:
        if chosen.is_broad and not (yes or dry_run) and is_interactive():
            selection = _confirmed(services, selection, change, options)
        outcome = services.bulk.patch(
            selection,
            change,
            options,
            runtime.note(message),
            report.add_refusal if as_json else text.add_refusal,
            report.add_result if as_json else text.add_result,
        )
    tally = outcome.tally
    if as_json:
        report.show(tally)
        ctx.exit(1 if tally.refused else 0)
    text.say_left_out_refusals(tally)
    _echo_samples(outcome)
    if not (tally.changed or tally.same or tally.refused):
        say("No config is selected.", err=True)
    say(
        f"{tally.changed} changed, {tally.same} same, {tally.refused} refused: "
        f"{ending(tally, options)}, in {runtime.installation}"
    )
    if tally.change is not None:
        echo_change(tally.change)
    ctx.exit(1 if tally.refused else 0)


def _confirmed(
    services: Services, selection: Selection, change: MergePatch, options: BulkOptions
) -> Selection:
    """The selection with the number of configs that the user has confirmed."""
    refused: list[BulkRefusal] = []
    trial = services.bulk.patch(
        selection,
        change,
        evolve(options, dry_run=True),
        on_refusal=refused.append,
    ).tally
    if refused and not options.keep_going:
        # Nothing will be stored.
        return selection
    unfit = sum(not isinstance(refusal.error, RecordNotFound) for refusal in refused)
    count = trial.changed + trial.same + unfit
    if count:
        ask(
            f"Patch {counted(count, 'config')}, of which {trial.changed} will change?",
            "Nothing was changed. --yes patches without a question.",
        )
    return evolve(selection, expect=count)


def _echo_samples(outcome: PatchOutcome) -> None:
    for sample in outcome.samples:
        echo_proposed(sample.config, sample.content)
