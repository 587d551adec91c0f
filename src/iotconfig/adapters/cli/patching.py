"""`patch`: merge a patch into many configs."""

from __future__ import annotations

from typing import Any

import click

from .merge_patches import member_options, merge_patch_of
from .selected_writes import WriteOptions, write_options, write_selected
from .selecting import SelectionOptions, selection_options
from .streams import STANDARD_STREAM


@click.command()
@selection_options
@click.option("--merge", metavar="JSON", help="The merge patch (RFC 7396), or - for standard input.")
@member_options
@write_options
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
    chosen = SelectionOptions(**selecting)
    if merge == STANDARD_STREAM and chosen.reads_standard_input:
        raise click.UsageError(
            "--merge - and --from-file - both read standard input: give one of them in another way."
        )
    selection = chosen.selection()
    change = merge_patch_of(merge, assignments, unset, "--merge JSON")

    write_selected(
        ctx,
        lambda services, selection, options, report: services.bulk.patch(
            selection, change, options, report.note, report.on_refusal, report.on_result
        ),
        selection,
        WriteOptions(keep_going=keep_going, dry_run=dry_run, yes=yes, message=message, as_json=as_json),
        asks=chosen.is_broad,
        verb="Patch",
        refusal="Nothing was changed. --yes patches without a question.",
    )
