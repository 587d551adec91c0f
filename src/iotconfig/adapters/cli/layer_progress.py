"""`iotconfig layer progress`: how far the job is that follows an edit of many devices."""

from __future__ import annotations

from datetime import timedelta
from time import monotonic, sleep
from typing import TYPE_CHECKING, Final

import click

from .counts import counted
from .durations import duration
from .options import json_option
from .runtime import Runtime, Services
from .tables import Column, moment
from .terminal import say, say_json, say_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iotconfig.domain.layers.recompositions import Recomposition

_BETWEEN: Final = 0.5
"""Seconds between two looks."""
_COLUMNS: Final = (
    Column("CHANGE"),
    Column("DONE"),
    Column("OF"),
    Column("CHANGED", rank=2),
    Column("REFUSED", rank=1),
    Column("STARTED", rank=4),
    Column("FINISHED", rank=3),
)


@click.command()
@click.argument("change", metavar="[CHANGE]", required=False)
@click.option("--wait", is_flag=True, help="Wait until all documents of CHANGE are served.")
@click.option(
    "--timeout",
    callback=duration,
    metavar="DURATION",
    default="10m",
    show_default=True,
    help="The longest wait, such as 90s, 10m or 2h; 0 looks once.",
)
@json_option
@click.pass_context
def progress(ctx: click.Context, change: str | None, wait: bool, timeout: timedelta, as_json: bool) -> None:
    """Show how far the service is with a change of many devices.

    CHANGE is the id that the change of a layer or of a secret printed; without
    it, the newest 20 are listed. With --wait, the command ends with status 1
    where the documents are not all served before the timeout.
    """
    if wait and change is None:
        raise click.UsageError("--wait needs the id of a change.")
    runtime: Runtime = ctx.obj
    with runtime.services() as services:
        if change is None:
            _list(runtime, services.layers.recompositions(), as_json=as_json)
            return
        found = _followed(services, change, timeout.total_seconds() if wait else 0)
    if as_json:
        from iotconfig.adapters.codec.recomposition_answers import RecompositionAnswer

        say_json(RecompositionAnswer.of(found))
    else:
        say(_sentence(found))
    if wait and found.finished_at is None:
        ctx.exit(1)


def _followed(services: Services, change: str, seconds: float) -> Recomposition:
    """The progress once it is finished, or after some seconds."""
    end = monotonic() + seconds
    found = services.layers.recomposition(change)
    while found.finished_at is None and monotonic() < end:
        sleep(_BETWEEN)
        found = services.layers.recomposition(change)
    return found


def _list(runtime: Runtime, found: Sequence[Recomposition], *, as_json: bool) -> None:
    if as_json:
        from iotconfig.adapters.codec.recomposition_answers import Recompositions

        say_json(Recompositions.of(found))
        return
    rows = [
        (
            each.change,
            each.done,
            each.total,
            each.changed,
            each.failed,
            moment(each.started_at),
            each.finished_at and moment(each.finished_at),
        )
        for each in found
    ]
    say_table(_COLUMNS, rows)
    say()
    say(f"{counted(len(found), 'change')} of many devices in {runtime.installation}")


def _sentence(found: Recomposition) -> str:
    state = "in progress" if found.finished_at is None else f"finished {moment(found.finished_at)}"
    return (
        f"change {found.change}: {found.done} of {counted(found.total, 'device')} done, "
        f"{found.changed} served another document, {found.failed} refused; {state}"
    )
