"""`iotconfig wait`: wait until devices run their documents."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import click

from iotconfig.domain.devices.evidence import Proof
from iotconfig.domain.devices.state import State
from iotconfig.domain.paging import MAX_PAGE

from .completion import complete_names
from .counts import counted
from .device_options import readings, search_option, tag_option
from .durations import duration, short
from .names import find_device
from .options import json_option
from .runtime import Runtime
from .tables import Column
from .terminal import is_watched, say, say_json, say_table

if TYPE_CHECKING:
    from iotconfig.domain.devices.status import DeviceStatus

_COLUMNS: Final = (
    Column("MAC ADDRESS"),
    Column("NAME", rank=1, text=10),
    Column("STATE"),
    # What it is about, before the name.
    Column("WHY", text=60),
)
_URGENCY: Final = (
    State.REJECTED,
    State.DRIFTED,
    State.PENDING,
    State.DELIVERED,
    State.NEVER,
    State.IN_SYNC,
)
_LISTED: Final = 20
"""The devices that are listed on a terminal."""


@click.command()
@click.argument("names", metavar="[ID|MAC|NAME]...", nargs=-1, shell_complete=complete_names)
@tag_option
@search_option
@click.option("--all", "everything", is_flag=True, help="All devices.")
@click.option(
    "--until",
    type=click.Choice([State.IN_SYNC.value, State.DELIVERED.value]),
    default=State.IN_SYNC.value,
    show_default=True,
    help="in_sync: the device says that it runs the document. delivered: it was given the document.",
)
@click.option(
    "--proof",
    "proofs",
    type=click.Choice([Proof.TOKEN.value, Proof.BROKER.value]),
    multiple=True,
    help="Count only what came with the device's token, or over a topic of its own; repeatable: either.",
)
@click.option(
    "--timeout",
    callback=duration,
    metavar="DURATION",
    default="10m",
    show_default=True,
    help="The longest wait, such as 90s, 10m or 2h; 0 looks once.",
)
@click.option("--fail-fast", is_flag=True, help="End as soon as a device refuses its document.")
@click.option("--allow-empty", is_flag=True, help="Succeed if no device is selected.")
@json_option
@click.pass_context
def wait(
    ctx: click.Context,
    names: tuple[str, ...],
    tags: tuple[str, ...],
    search: str | None,
    everything: bool,
    until: str,
    proofs: tuple[str, ...],
    timeout: timedelta,
    fail_fast: bool,
    allow_empty: bool,
    as_json: bool,
) -> None:
    """Wait until devices run their documents.

    Devices are named, or selected by options; all must hold. Ends with status 0 when
    all devices are there, and with status 1 and the list of the others after
    the timeout, of which a terminal shows twenty. A device that refuses its document is waited for: it may be
    mended meanwhile.

    A device whose firmware never says what it runs counts when it was given the
    document, and is listed as such.
    """
    is_filter = bool(tags) or search is not None
    if everything == (is_filter or bool(names)):
        raise click.UsageError("Name devices, or select them with --tag or --search; or give --all.")
    from iotconfig.domain.devices.arrival import Arrival, Goal
    from iotconfig.domain.devices.status import DeviceQuery

    from .watched_devices import SelectedDevices, waited_for

    runtime: Runtime = ctx.obj
    began = monotonic()
    goal = Goal(State(until), frozenset(map(Proof, proofs)))
    with runtime.services() as services:
        selected = SelectedDevices(
            readings(services),
            goal,
            tuple(find_device(services, name) for name in names),
            DeviceQuery(tags=tags, text=search, limit=MAX_PAGE, count=False)
            if is_filter or everything
            else None,
        )
        with _progress(until) as show:
            seen = waited_for(selected, began + timeout.total_seconds(), show, fail_fast=fail_fast)
    missing = [each.device for each in seen if each.arrival is Arrival.MISSING]
    silent = [each.device for each in seen if each.arrival is Arrival.SILENT]
    if not seen and not allow_empty:
        raise click.ClickException("No device is selected. --allow-empty accepts that.")
    waited = timedelta(seconds=monotonic() - began)
    if as_json:
        from iotconfig.adapters.codec.device_answers import Device

        say_json(
            {
                "until": until,
                "reached": not missing,
                "devices": len(seen),
                "missing": list(map(Device.of, missing)),
                "silent": list(map(Device.of, silent)),
                "seconds": round(waited.total_seconds(), 1),
            }
        )
    else:
        _report(runtime, until, len(seen), missing, silent, waited)
    ctx.exit(1 if missing else 0)


@contextmanager
def _progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """Gives a function that shows how many of how many are there: a bar on a terminal, and nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _there, _all: None
        return
    with ExitStack() as stack:
        bars: list[Any] = []

        def show(there: int, number: int) -> None:
            if not bars:
                bar = click.progressbar(
                    length=number, label=label, file=sys.stderr, show_eta=False, show_pos=True
                )
                bars.append(stack.enter_context(bar))
            bars[0].length = number
            bars[0].update(there - bars[0].pos)

        yield show


def _report(
    runtime: Runtime,
    until: str,
    selected: int,
    missing: Sequence[DeviceStatus],
    silent: Sequence[DeviceStatus],
    waited: timedelta,
) -> None:
    # Those that an operator has to look at come first.
    listed = [*sorted(missing, key=lambda each: _URGENCY.index(each.state)), *silent]
    if listed:
        shown = listed[:_LISTED] if is_watched() else listed
        rows = [(each.mac_address, each.device_name, each.state.value, each.why) for each in shown]
        say_table(_COLUMNS, rows)
        say()
        if len(shown) < len(listed):
            say(f"… and {len(listed) - len(shown)} more: --json lists all.")
    parts = [f"{selected - len(listed)} {until}"]
    if silent:
        parts.append(f"{len(silent)} given the document, with firmware that does not say what it runs")
    if missing:
        counts = Counter(each.state for each in missing)
        states = ", ".join(f"{counts[state]} {state.value}" for state in _URGENCY if counts[state])
        parts.append(f"{len(missing)} not ({states})")
    devices = counted(selected, "device")
    say(f"{', '.join(parts)}, of {devices}, after {short(waited)}, in {runtime.installation}")
