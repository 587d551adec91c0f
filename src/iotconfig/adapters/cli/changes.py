"""`iotconfig changes`: the change log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Final

import click
from attrs import evolve

from iotconfig.domain.configs.revisions import Operation
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.paging import MAX_PAGE, all_items

from .completion import complete_names
from .counts import counted
from .keys import key_of
from .label_differences import shown_difference
from .moments import complete_days, past_moment
from .names import find_device
from .options import F, WholeNumber, json_option
from .runtime import Runtime, Services
from .tables import Column, moment, printable
from .terminal import say, say_json, say_table

if TYPE_CHECKING:
    from iotconfig.domain.configs.change_log import LoggedChange
    from iotconfig.domain.configs.change_query import ChangeQuery
    from iotconfig.domain.configs.change_use_cases import ChangeUseCases

_COLUMNS: Final = (
    Column("TIME"),
    Column("OPERATION", rank=1),
    Column("SUBJECT"),
    Column("AUTHOR", rank=3, text=8),
    # What 'iotconfig undo' needs, at 60 columns, too.
    Column("CHANGE", rank=2, is_below=True),
    Column("POSITION", rank=5),
    Column("MESSAGE", rank=4, text=10),
    Column("TAGS AND NOTE", is_below=True),
)
_OPERATIONS: Final = [str(each) for each in Operation]
_DEFAULT_LIMIT: Final = 20
_LOOKED_EVERY: Final = 1.0
"""Seconds between two looks for new changes."""


def _past_option(name: str, about: str) -> Callable[[F], F]:
    return click.option(name, metavar="TIME", callback=past_moment, shell_complete=complete_days, help=about)


@click.command()
@_past_option("--since", "Only changes at this time or later, such as yesterday or 2h.")
@_past_option("--until", "Only changes before this time.")
@click.option(
    "--device", metavar="ID|MAC|NAME", shell_complete=complete_names, help="Only changes of this device."
)
@click.option(
    "--change", metavar="ID", help="Only the changes of this write, one for each device, layer or model."
)
@click.option("--author", metavar="NAME", help="Only changes by this author, exactly as written.")
@click.option(
    "--operation",
    type=click.Choice(_OPERATIONS),
    metavar="KIND",
    help=f"Only changes of this kind: {', '.join(_OPERATIONS)}.",
)
@click.option(
    "--tag",
    "tags",
    metavar="TAG",
    multiple=True,
    help="Only changes of devices that have this tag now, or with !TAG do not have it; repeatable.",
)
@click.option(
    "--limit",
    type=WholeNumber(min=1),
    metavar="N",
    help=f"The newest N changes.  [default: {_DEFAULT_LIMIT}; with --since, all]",
)
@click.option("--follow", is_flag=True, help="Print further changes as they are made, until Ctrl-C.")
@json_option
@click.pass_obj
def changes(
    runtime: Runtime,
    since: datetime | None,
    until: datetime | None,
    device: str | None,
    change: str | None,
    author: str | None,
    operation: str | None,
    tags: tuple[str, ...],
    limit: int | None,
    follow: bool,
    as_json: bool,
) -> None:
    """List changes of configs, layers, models, newest first.

    Changes of tags and notes are among them.

    Times are durations before now (30m, 2h, 7d, 2w), today, yesterday, dates,
    or times in ISO 8601; without an offset they are in UTC.

    With --follow, the oldest of the listed changes comes first, and --json
    prints one object per line.
    """
    from iotconfig.domain.configs.change_query import ChangeQuery

    if follow and until is not None:
        raise click.UsageError("--follow cannot be used with --until.")
    if limit is None and since is None:
        limit = _DEFAULT_LIMIT
    with runtime.services() as services:
        query = ChangeQuery(
            device=None if device is None else _mac_address(services, device),
            change=change,
            author=author,
            operation=None if operation is None else Operation(operation),
            tags=tags,
            since=since,
            until=until,
            limit=min(limit or MAX_PAGE, MAX_PAGE),
        )
        if follow:
            _follow(services.changes, query, limit, as_json=as_json)
            return
        log = _all(services.changes, query)
        found = list(islice(log, limit))
        are_all = next(log, None) is None
    if as_json:
        say_json({"changes": found})
        return
    say_table(_COLUMNS, [_row(change) for change in found])
    say()
    count = counted(len(found), "change")
    say(f"{count if are_all else f'The newest {count}'} in {runtime.installation}")
    if not are_all:
        say("--limit and --since list more.")


def _mac_address(services: Services, name: str) -> MacAddress:
    """The MAC address of a device. It may have no config any more."""
    key = key_of(name)
    return key if isinstance(key, MacAddress) else find_device(services, name)


def _all(log: ChangeUseCases, query: ChangeQuery) -> Iterator[LoggedChange]:
    return all_items(lambda after: log.find(evolve(query, after=after)))


def _follow(log: ChangeUseCases, query: ChangeQuery, limit: int | None, *, as_json: bool) -> None:
    """Print the newest changes that match, and further ones until an interrupt."""
    # Before the list, so that no change is missed between the two.
    position = log.find(evolve(query, limit=1)).bounds.position
    for change in reversed(list(islice(_all(log, query), limit))):
        if change.position <= position:
            _print(change, as_json=as_json)
    query = evolve(query, oldest_first=True, limit=MAX_PAGE)
    with suppress(KeyboardInterrupt):
        while True:
            page = log.find(evolve(query, after=position))
            for change in page:
                _print(change, as_json=as_json)
            position = page.bounds.position if page.next is None else page.next
            if page.next is None:
                time.sleep(_LOOKED_EVERY)


def _print(change: LoggedChange, *, as_json: bool) -> None:
    if as_json:
        say_json(change)
    else:
        say("  ".join(map(printable, _row(change))))


def _row(change: LoggedChange) -> tuple[object, ...]:
    return (
        moment(change.created_at),
        change.operation,
        change.subject.key,
        change.author,
        change.change,
        change.position,
        change.message,
        shown_difference(change.tags, change.note, change.model),
    )
