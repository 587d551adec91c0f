"""`iotconfig config list`: configs, and deleted configs."""

from __future__ import annotations

from typing import Final

import click
from attrs import evolve

from iotconfig.domain.configs.query import ConfigQuery

from .counts import counted
from .options import WholeNumber, json_option
from .pages import deleted_configs, summaries
from .runtime import Runtime
from .tables import Column, moment
from .terminal import say, say_json, say_table

_COLUMNS: Final = (
    Column("ID"),
    Column("MAC ADDRESS"),
    Column("NAME", text=20),
    Column("ENTITY ID", rank=4, text=20),
    Column("OTA", rank=1),
    Column("REVISION", rank=2),
    Column("UPDATED", rank=3),
)
_COLUMNS_OF_DELETED: Final = (
    Column("ID"),
    Column("MAC ADDRESS"),
    Column("NAME", text=16),
    Column("REVISION", rank=3),
    Column("DELETED"),
    Column("AUTHOR", rank=1, text=8),
    Column("MESSAGE", rank=2, text=16),
)


@click.command("list")
@click.option(
    "--search",
    metavar="TEXT",
    help="Only configs with TEXT in the MAC address (any spelling), device name or entity id.",
)
@click.option(
    "--ota/--no-ota", default=None, help="Only configs with over-the-air updates switched on, or off."
)
@click.option(
    "--tag",
    "tags",
    metavar="TAG",
    multiple=True,
    help="Only configs with this tag, or with !TAG without it; repeatable.",
)
@click.option("--limit", type=WholeNumber(min=1), metavar="N", help="At most N configs.  [default: all]")
@click.option("--deleted", is_flag=True, help="List deleted configs, which can be restored, instead.")
@json_option
@click.pass_obj
def list_configs(
    runtime: Runtime,
    search: str | None,
    ota: bool | None,
    tags: tuple[str, ...],
    limit: int | None,
    deleted: bool,
    as_json: bool,
) -> None:
    """List configs, sorted by MAC address.

    Deleted configs are sorted by the time of deletion, the latest first.
    """
    if deleted:
        if search is not None or ota is not None or tags:
            raise click.UsageError("--search, --ota, --no-ota and --tag cannot be used with --deleted.")
        _list_deleted(runtime, limit, as_json)
        return
    query = ConfigQuery(text=search, enable_ota=ota, tags=tags)
    with runtime.services() as services:
        count = services.configs.find(evolve(query, limit=1)).count or 0
        found = list(summaries(services.configs, query, limit))
    if as_json:
        say_json({"configs": found, "count": count})
        return
    rows = [
        (
            c.id,
            c.mac_address,
            c.device_name,
            c.device_entity_id,
            c.enable_ota,
            c.revision,
            moment(c.updated_at),
        )
        for c in found
    ]
    say_table(_COLUMNS, rows)
    shown = f"{len(rows)} of " if len(rows) < count else ""
    say()
    say(f"{shown}{counted(count, 'config')} in {runtime.installation}")


def _list_deleted(runtime: Runtime, limit: int | None, as_json: bool) -> None:
    with runtime.services() as services:
        found = list(deleted_configs(services.history, limit))
    if as_json:
        say_json({"configs": found})
        return
    rows = [
        (d.id, d.mac_address, d.device_name, d.revision, moment(d.deleted_at), d.author, d.message)
        for d in found
    ]
    say_table(_COLUMNS_OF_DELETED, rows)
    say()
    say(f"{counted(len(rows), 'deleted config')} in {runtime.installation}")
