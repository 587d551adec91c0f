"""`iotconfig devices`: the devices, with what each of them runs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import islice
from time import monotonic, sleep
from typing import TYPE_CHECKING, Final

import click

from iotconfig.domain.devices.state import State
from iotconfig.domain.errors import StoreUnavailable, TooManyRequests
from iotconfig.domain.paging import MAX_PAGE, all_items

from .counts import counted
from .device_options import readings, search_option, tag_option
from .durations import short
from .errors import one_line
from .live_devices import LiveDevices, read_devices
from .options import WholeNumber, json_option
from .runtime import Runtime, Services
from .tables import Column, moment, table
from .terminal import is_watched, redraw, say, say_json, say_table

if TYPE_CHECKING:
    from datetime import datetime

    from iotconfig.domain.devices.device_events import DeviceEvents, Unavailable
    from iotconfig.domain.devices.status import DeviceCounts, DevicePage, DeviceQuery, DeviceStatus

_COLUMNS: Final = (
    Column("MAC ADDRESS"),
    Column("NAME", rank=1, text=12),
    Column("STATE"),
    Column("SEEN"),
    Column("HAS"),
    Column("FIRMWARE", rank=2, text=10),
    Column("TAGS", rank=3, text=12),
)
_COLUMNS_OF_FORMER: Final = (
    Column("MAC ADDRESS"),
    Column("REPLACED BY"),
    Column("SEEN", rank=1),
    Column("FIRMWARE", rank=2, text=10),
)
_SECONDS: Final = 2.0
"""The time after which `--watch` shows the list again, because times since grow."""
_PAUSE: Final = 0.2
"""The shortest time between two screens: what happens in a burst is shown together."""
_SHARE: Final = 4
"""A reading that takes longer is followed by a pause of so many times its duration."""
_LINES_BESIDE: Final = 9
"""Of a terminal, beside the rows of the table, with the line of the cursor."""


@click.command()
@click.option(
    "--state", type=click.Choice([state.value for state in State]), help="Only devices in this state."
)
@click.option(
    "--overdue/--not-overdue",
    default=None,
    help="Only devices that have been silent for longer than they are expected to; or only the others.",
)
@tag_option
@click.option("--model", metavar="NAME", help="Only devices of this model.")
@click.option("--firmware", metavar="VERSION", help="Only devices that named exactly this firmware last.")
@search_option
@click.option(
    "--former",
    is_flag=True,
    help="List the MAC addresses whose config was deleted or moved to another board, instead.",
)
@click.option("--limit", type=WholeNumber(min=1), metavar="N", help="At most N devices.  [default: all]")
@click.option("--watch", is_flag=True, help="Show the list, and follow what happens, until Ctrl-C.")
@json_option
@click.pass_obj
def devices(
    runtime: Runtime,
    state: str | None,
    overdue: bool | None,
    tags: tuple[str, ...],
    model: str | None,
    firmware: str | None,
    search: str | None,
    former: bool,
    limit: int | None,
    watch: bool,
    as_json: bool,
) -> None:
    """List devices with what they run, sorted by MAC address.

    HAS is the number of the document that a device runs, of the one that it is
    to have; ? where it has not said what it runs. SEEN is the time since its
    last sign of life, and whether it is connected to the broker or overdue.
    'iotconfig device' explains the state of one device.
    """
    from iotconfig.domain.devices.status import DeviceQuery

    query = DeviceQuery(
        state=None if state is None else State(state),
        overdue=overdue,
        tags=tags,
        model=model,
        firmware=firmware,
        text=search,
    )
    if former:
        if query != DeviceQuery() or watch:
            raise click.UsageError("--former takes no other option than --limit and --json.")
        _list_former(runtime, limit, as_json)
        return
    if watch and (as_json or not is_watched()):
        raise click.UsageError("--watch is for a terminal; 'iotconfig wait' waits in a script.")
    with runtime.services() as services:
        if watch:
            _watch(runtime, services, query, limit)
            return
        page = read_devices(readings(services), query, limit)
    if as_json:
        from iotconfig.adapters.codec.device_answers import Device, DeviceCounts

        say_json(
            {
                "devices": [Device.of(device) for device in page],
                "counts": page.counts and DeviceCounts.of(page.counts),
                "more": page.counts is not None and page.counts.more,
                "as_of": page.as_of,
            }
        )
        return
    say_table(_COLUMNS, [_row(device, page.as_of) for device in page])
    say()
    say(_ending(runtime, page, query, limit))


def _list_former(runtime: Runtime, limit: int | None, as_json: bool) -> None:
    size = min(limit or MAX_PAGE, MAX_PAGE)
    with runtime.services() as services:
        service = readings(services)
        found = list(islice(all_items(lambda cursor: service.former(cursor, size)), limit))
    if as_json:
        from iotconfig.adapters.codec.device_answers import Former

        say_json({"former": list(map(Former.of, found))})
        return
    rows = [
        (each.mac_address, each.replaced_by, each.last_seen and moment(each.last_seen), each.firmware)
        for each in found
    ]
    say_table(_COLUMNS_OF_FORMER, rows)
    say()
    say(f"{counted(len(found), 'former device')}, in {runtime.installation}")


def _watch(runtime: Runtime, services: Services, query: DeviceQuery, limit: int | None) -> None:
    """Show the list, and show it again when something happens, until an interrupt."""
    live, source = LiveDevices(readings(services), query, limit), services.device_events
    assert source is not None  # noqa: S101 - there are devices
    is_away: Unavailable | None = None
    try:
        with source.follow() as following:
            while True:
                events = following.wait(_SECONDS)
                began = monotonic()
                if events:
                    is_away = events.problem
                problem = is_away or _followed(live, events)
                if live.page is None and problem is not None:
                    raise problem
                redraw(_screen(runtime, live, query, limit, problem))
                sleep(max(_PAUSE, _SHARE * (monotonic() - began)))
    except KeyboardInterrupt:
        say()


def _followed(live: LiveDevices, events: DeviceEvents) -> Unavailable | None:
    """Bring the list up to date; return why that cannot be done at the moment."""
    try:
        live.follow(events)
    except (StoreUnavailable, TooManyRequests) as error:
        return error
    return None


def _screen(
    runtime: Runtime, live: LiveDevices, query: DeviceQuery, limit: int | None, problem: Unavailable | None
) -> str:
    """The table, as much of it as fits the terminal, and the lines below."""
    width, height = shutil.get_terminal_size()
    room = max(height - _LINES_BESIDE, 1)
    page, now = live.page, live.now()
    assert page is not None and now is not None  # noqa: S101,PT018 - it was read
    text = table(_COLUMNS, [_row(device, now) for device in page.devices[:room]], width)
    if (more := len(page.devices) - room) > 0:
        text += f"\n\n… and {more} more: --state, --tag and --search show fewer."
    text = f"{text}\n\n{_ending(runtime, page, query, limit)}"
    return text if problem is None else f"{text}\n\n{one_line(problem)} Asking again."


def _row(device: DeviceStatus, now: datetime) -> tuple[object, ...]:
    held = "?" if device.held is None else device.held
    return (
        device.mac_address,
        device.device_name,
        device.state.value,
        signs_of_life(device, now),
        f"{held} of {device.wanted}",
        device.firmware,
        " ".join(device.tags) or None,
    )


def signs_of_life(device: DeviceStatus, now: datetime) -> str:
    """The time since it was seen, whether it is connected to the broker, and whether it is overdue."""
    parts = ["never" if device.last_seen is None else short(now - device.last_seen)]
    if device.online is not None:
        parts.append("online" if device.online else "offline")
    if device.overdue:
        parts.append("overdue")
    return ", ".join(parts)


def _ending(runtime: Runtime, page: DevicePage, query: DeviceQuery, limit: int | None) -> str:
    """The line below the table: how many devices are in each state."""
    parts = [] if page.counts is None else list(_counts(page.counts))
    # The counts are of the devices in any state.
    is_part = (query.state, query.overdue) != (None, None) or len(page.devices) == limit
    shown = f"{len(page.devices)} shown; " if is_part else ""
    return f"{shown}{', '.join(parts) or 'no devices'}, in {runtime.installation}"


def _counts(counts: DeviceCounts) -> Iterator[str]:
    more = "at least " if counts.more else ""
    yield f"{more}{counted(counts.total, 'device')}"
    for state in State:
        if number := counts.by_state.get(state, 0):
            yield f"{number} {state.value}"
    if counts.overdue:
        yield f"{counts.overdue} overdue"
