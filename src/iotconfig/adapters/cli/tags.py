"""`tag`: tags and notes of devices."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click
from attrs import evolve

from iotconfig.domain.configs.bulk import BulkRefusal
from iotconfig.domain.configs.bulk_options import BulkOptions
from iotconfig.domain.configs.labels import LabelEdit
from iotconfig.domain.errors import RecordNotFound

from .bulk_reports import JsonReport, TextReport, ending
from .changed import echo_change
from .counts import counted
from .options import dry_run_option, json_option, keep_going_option, message_option
from .questions import ask, yes_option
from .runtime import Runtime, Services
from .selecting import SelectionOptions, selection_options
from .tables import Column
from .terminal import is_interactive, say, say_json, say_table

if TYPE_CHECKING:
    from iotconfig.domain.configs.selection import Selection

F = TypeVar("F", bound=Callable[..., Any])

_COLUMNS: Final = (Column("TAG"), Column("DEVICES"))


@click.group()
def tag() -> None:
    """Tags and notes of devices.

    A tag is a free word on a device: up to 63 of a-z, 0-9 and . _ : -, and at
    most 32 on a device. Tags and note belong to the config of the device: they
    move with it to another board, and come back when it is restored. A change
    of them makes no revision and is not announced.
    """


def _change_options(function: F) -> F:
    for option in (
        json_option,
        message_option,
        yes_option,
        dry_run_option,
        keep_going_option,
        selection_options,
    ):
        function = option(function)
    return function


@tag.command("add")
@click.argument("words", metavar="TAG...", nargs=-1, required=True)
@_change_options
@click.pass_context
def add(ctx: click.Context, /, words: tuple[str, ...], **options: Any) -> None:
    """Add tags to the selected devices, all or none.

    Devices are selected as by 'iotconfig patch': iotconfig tag add kitchen --name 'Lamp 1'.
    """
    _apply(ctx, LabelEdit(add=words), **options)


@tag.command("remove")
@click.argument("words", metavar="TAG...", nargs=-1, required=True)
@_change_options
@click.pass_context
def remove(ctx: click.Context, /, words: tuple[str, ...], **options: Any) -> None:
    """Remove tags from the selected devices, all or none."""
    _apply(ctx, LabelEdit(remove=words), **options)


@tag.command("note")
@click.argument("text", required=False)
@click.option("--remove", "is_removed", is_flag=True, help="Remove the note.")
@_change_options
@click.pass_context
def note(ctx: click.Context, /, text: str | None, is_removed: bool, **options: Any) -> None:
    """Set the note on the selected devices, all or none.

    A note has at most 500 characters.
    """
    if (text is None) != is_removed:
        raise click.UsageError("Give the text of the note, or --remove.")
    _apply(ctx, LabelEdit(note=text), **options)


@tag.command("list")
@json_option
@click.pass_obj
def list_tags(runtime: Runtime, as_json: bool) -> None:
    """List all tags, with the number of devices that have each."""
    with runtime.services() as services:
        found = services.tags.counts()
    if as_json:
        say_json({"tags": found})
        return
    say_table(_COLUMNS, [(each.tag, each.devices) for each in found])
    say(f"\n{counted(len(found), 'tag')} in {runtime.installation}")


def _apply(
    ctx: click.Context,
    edit: LabelEdit,
    /,
    keep_going: bool,
    dry_run: bool,
    yes: bool,
    message: str | None,
    as_json: bool,
    **selecting: Any,
) -> None:
    runtime: Runtime = ctx.obj
    chosen = SelectionOptions(**selecting)
    selection = chosen.selection()
    options = BulkOptions(keep_going=keep_going, dry_run=dry_run)
    report, text = JsonReport(options), TextReport()
    with runtime.services() as services:
        if chosen.is_broad and not (yes or dry_run) and is_interactive():
            selection = _confirmed(services, selection, edit, options)
        tally = services.tags.tag(
            selection,
            edit,
            options,
            runtime.note(message),
            report.add_refusal if as_json else text.add_refusal,
            report.add_result if as_json else text.add_result,
        )
    if as_json:
        report.show(tally)
        ctx.exit(1 if tally.refused else 0)
    text.say_left_out_refusals(tally)
    if not (tally.changed or tally.same or tally.refused):
        say("No config is selected.", err=True)
    say(
        f"{tally.changed} changed, {tally.same} same, {tally.refused} refused: "
        f"{ending(tally, options)}, in {runtime.installation}"
    )
    if tally.change is not None:
        echo_change(tally.change)
    ctx.exit(1 if tally.refused else 0)


def _confirmed(services: Services, selection: Selection, edit: LabelEdit, options: BulkOptions) -> Selection:
    """The selection with the number of configs that the user has confirmed."""
    refused: list[BulkRefusal] = []
    trial = services.tags.tag(selection, edit, evolve(options, dry_run=True), on_refusal=refused.append)
    if refused and not options.keep_going:
        # Nothing will be stored.
        return selection
    unfit = sum(not isinstance(refusal.error, RecordNotFound) for refusal in refused)
    count = trial.changed + trial.same + unfit
    if count:
        ask(
            f"Tag {counted(count, 'config')}, of which {trial.changed} will change?",
            "Nothing was changed. --yes changes tags without a question.",
        )
    return evolve(selection, expect=count)
