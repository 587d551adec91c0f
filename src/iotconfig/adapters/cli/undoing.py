"""`undo`: restore what each config was before a change."""

from __future__ import annotations

import click

from iotconfig.domain.configs.bulk_options import BulkOptions
from iotconfig.domain.errors import RecordNotFound

from .bulk_reports import JsonReport, TextReport, ending
from .changed import echo_change
from .options import dry_run_option, json_option, keep_going_option, message_option
from .runtime import Runtime
from .terminal import say


@click.command()
@click.argument("change")
@keep_going_option
@dry_run_option
@message_option
@json_option
@click.pass_context
def undo(
    ctx: click.Context, change: str, keep_going: bool, dry_run: bool, message: str | None, as_json: bool
) -> None:
    """Undo a change, of one config or of many.

    Each config becomes again what it was before CHANGE. Commands print
    the id of a change, and 'iotconfig changes' lists it. A created config
    is deleted, a deleted one restored, a changed one gets its previous content.
    If a config has changed again since, or the board of a deleted one was
    replaced, nothing is undone; --keep-going leaves such configs out. An undo is a change: it can be undone.
    """
    runtime: Runtime = ctx.obj
    options = BulkOptions(keep_going=keep_going, dry_run=dry_run)
    report, text = JsonReport(options), TextReport()
    with runtime.services() as services:
        try:
            tally = services.bulk.undo(
                change.lower(),
                options,
                runtime.note(message),
                report.add_refusal if as_json else text.add_refusal,
                report.add_result if as_json else text.add_result,
            )
        except RecordNotFound as error:
            raise click.ClickException(f"{error} 'iotconfig changes' lists changes.") from None
    if as_json:
        report.show(tally)
        ctx.exit(1 if tally.refused else 0)
    text.say_left_out_refusals(tally)
    verbs = (
        ("rolled back", "deleted", "restored")
        if tally.stored
        else ("to roll back", "to delete", "to restore")
    )
    counts = zip((tally.changed, tally.deleted, tally.restored), verbs, strict=True)
    say(
        f"{', '.join(f'{count} {verb}' for count, verb in counts)}, "
        f"{tally.refused} refused: {ending(tally, options)}, in {runtime.installation}"
    )
    if tally.change is not None:
        echo_change(tally.change)
    ctx.exit(1 if tally.refused else 0)
