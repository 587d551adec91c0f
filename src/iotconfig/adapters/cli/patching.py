"""`patch`: merge a patch into many configs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from iotconfig.domain.configs.bulk import BulkOptions
from iotconfig.domain.configs.selection import Selection
from iotconfig.domain.documents import strict_json
from iotconfig.domain.documents.line_ends import without_mark
from iotconfig.domain.documents.merge_patch import MergePatch

from .bulk_reports import ending, show_refusal
from .changed import echo_change
from .diffs import echo_proposed
from .options import dry_run_option, keep_going_option, message_option
from .runtime import Runtime
from .streams import STANDARD_STREAM, standard_input
from .terminal import say

if TYPE_CHECKING:
    from iotconfig.domain.configs.bulk import BulkResult, PatchOutcome


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
    given = (
        strict_json.decode_utf8(without_mark(standard_input().read())) if merge == STANDARD_STREAM else merge
    )
    with runtime.services() as services:
        outcome = services.bulk.patch(
            Selection(text=match, enable_ota=ota, everything=everything, allow_empty=True),
            MergePatch.parse(given),
            options,
            runtime.note(message),
            show_refusal,
            _show_result,
        )
    _echo_samples(outcome)
    tally = outcome.tally
    if not (tally.changed or tally.same or tally.refused):
        say("No config is selected.", err=True)
    say(
        f"{tally.changed} changed, {tally.same} same, {tally.refused} refused: "
        f"{ending(tally, options)}, in {runtime.installation}"
    )
    if tally.change is not None:
        echo_change(tally.change)
    ctx.exit(1 if tally.refused else 0)


def _show_result(result: BulkResult) -> None:
    say(f"{result.mac_address}  {result.outcome.value}  revision {result.revision}")


def _echo_samples(outcome: PatchOutcome) -> None:
    for sample in outcome.samples:
        echo_proposed(sample.config, sample.content)
