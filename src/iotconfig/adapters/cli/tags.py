"""`tag`: tags and notes of devices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import click

from iotconfig.domain.configs.labels import LabelEdit

from .counts import counted
from .options import json_option
from .runtime import Runtime
from .selected_writes import WriteOptions, write_options, write_selected
from .selecting import SelectionOptions, selection_options
from .tables import Column
from .terminal import say, say_json, say_table

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
    return selection_options(write_options(function))


@tag.command("add")
@click.argument("words", metavar="TAG...", nargs=-1, required=True)
@_change_options
@click.pass_context
def add(ctx: click.Context, /, words: tuple[str, ...], **options: Any) -> None:
    """Add tags to the selected devices, all or none.

    Devices are selected as by 'iotconfig patch': iotconfig tag add kitchen --name 'Lamp 1'.
    """
    apply_edit(ctx, LabelEdit(add=words), **options)


@tag.command("remove")
@click.argument("words", metavar="TAG...", nargs=-1, required=True)
@_change_options
@click.pass_context
def remove(ctx: click.Context, /, words: tuple[str, ...], **options: Any) -> None:
    """Remove tags from the selected devices, all or none."""
    apply_edit(ctx, LabelEdit(remove=words), **options)


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
    apply_edit(ctx, LabelEdit(note=text), **options)


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
    say()
    say(f"{counted(len(found), 'tag')} in {runtime.installation}")


def apply_edit(
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
    """Change the labels of the selected devices."""
    from iotconfig.domain.configs.bulk import PatchOutcome

    chosen = SelectionOptions(**selecting)
    write_selected(
        ctx,
        lambda services, selection, options, report: PatchOutcome(
            services.tags.tag(selection, edit, options, report.note, report.on_refusal, report.on_result)
        ),
        chosen.selection(),
        WriteOptions(keep_going=keep_going, dry_run=dry_run, yes=yes, message=message, as_json=as_json),
        asks=chosen.is_broad,
        verb="Tag",
        refusal="Nothing was changed. --yes changes tags without a question.",
    )
