"""`iotconfig config …`: the use cases, for people and for scripts."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

import click
from attrs import evolve

from iotconfig.domain.configs.query import ConfigQuery
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.documents.line_ends import UTF8_MARK, as_stored, without_mark
from iotconfig.domain.errors import RecordGone, RecordNotFound
from iotconfig.domain.mac import MacAddress

from .counts import counted
from .diffs import echo_proposed
from .names import find, key_of
from .options import (
    ReadableFile,
    dry_run_option,
    json_option,
    message_option,
    precondition_of,
    revision_option,
)
from .pages import deleted_configs, summaries
from .runtime import Runtime
from .streams import standard_input
from .tables import moment, printable, table
from .terminal import confirm, give, say, say_json

if TYPE_CHECKING:
    from iotconfig.domain.configs.config import Config

F = TypeVar("F", bound=Callable[..., Any])


@click.group()
def config() -> None:
    """List, show and change configs.

    A config is named by its id or by its MAC address, in any spelling; twelve
    digits are a MAC address.
    """


def _content_options(function: F) -> F:
    function = click.option(
        "--file", "-f", type=ReadableFile("rb"), help="Read the content from a file; - is standard input."
    )(function)
    return click.argument("content", required=False)(function)


@config.command("list")
@click.option(
    "--search",
    metavar="TEXT",
    help="Only those with TEXT in the MAC address (any spelling), device name or entity id.",
)
@click.option(
    "--ota/--no-ota", default=None, help="Only those with over-the-air updates switched on, or off."
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most N configs.  [default: all]")
@click.option("--deleted", is_flag=True, help="Those that were deleted and can be restored, instead.")
@json_option
@click.pass_obj
def list_configs(
    runtime: Runtime, search: str | None, ota: bool | None, limit: int | None, deleted: bool, as_json: bool
) -> None:
    """List configs, sorted by MAC address; deleted ones, the latest deletion first."""
    if deleted:
        if search is not None or ota is not None:
            raise click.UsageError("--search, --ota and --no-ota select among the configs that are there.")
        _list_deleted(runtime, limit, as_json)
        return
    query = ConfigQuery(text=search, enable_ota=ota)
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
    say(table(("ID", "MAC ADDRESS", "NAME", "ENTITY ID", "OTA", "REVISION", "UPDATED"), rows))
    shown = f"{len(rows)} of " if len(rows) < count else ""
    say(f"\n{shown}{counted(count, 'config')} in {runtime.database}")


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
    say(table(("ID", "MAC ADDRESS", "NAME", "REVISION", "DELETED", "AUTHOR", "MESSAGE"), rows))
    say(f"\n{counted(len(rows), 'deleted config')} in {runtime.database}")


@config.command()
@click.argument("name", metavar="ID|MAC")
@click.option(
    "--content", "content_only", is_flag=True, help="Print the content's exact bytes and nothing else."
)
@json_option
@click.pass_obj
def show(runtime: Runtime, name: str, content_only: bool, as_json: bool) -> None:
    """Show one config."""
    if content_only and as_json:
        raise click.UsageError("--content and --json print different things: give one of them.")
    with runtime.services() as services:
        found = find(services.configs, name)
    if content_only:
        give(bytes(found.content))
    elif as_json:
        say_json(found)
    else:
        _echo_config(runtime, found)


@config.command()
@click.argument("mac_address", metavar="MAC")
@_content_options
@message_option
@json_option
@click.pass_obj
def create(
    runtime: Runtime,
    mac_address: str,
    content: str | None,
    file: BinaryIO | None,
    message: str | None,
    as_json: bool,
) -> None:
    """Give a device its first config: CONTENT is its JSON text, or - for standard input."""
    mac = MacAddress.parse(mac_address)
    document = _content(runtime, content, file)
    with runtime.services() as services:
        created = services.configs.create(mac, document, runtime.note(message))
    echo_changed(runtime, created, "Created", as_json)


@config.command("set")
@click.argument("name", metavar="ID|MAC")
@_content_options
@click.option(
    "--create", "may_create", is_flag=True, help="Create the config where the MAC address has none."
)
@revision_option
@dry_run_option
@message_option
@json_option
@click.pass_obj
def set_content(
    runtime: Runtime,
    name: str,
    content: str | None,
    file: BinaryIO | None,
    may_create: bool,
    if_revision: int | None,
    dry_run: bool,
    message: str | None,
    as_json: bool,
) -> None:
    """Replace a config's content: CONTENT is its JSON text, or - for standard input."""
    key = key_of(name)
    document = _content(runtime, content, file)
    precondition = precondition_of(if_revision)
    note = runtime.note(message)
    if dry_run and may_create:
        raise click.UsageError("--dry-run compares with a config that is there: leave --create out.")
    with runtime.services() as services:
        if dry_run:
            from iotconfig.domain.configs.edits import Replace

            before, _ = services.configs.preview(
                find(services.configs, name).id, Replace(document), precondition
            )
            echo_proposed(before, as_stored(document, before.content))
            return
        if may_create:
            if not isinstance(key, MacAddress):
                raise click.UsageError("--create needs a MAC address: an id is given out by the database.")
            with suppress(RecordNotFound, RecordGone):
                document = as_stored(document, services.configs.get_by_mac(key).content)
            changed, created = services.configs.put(key, document, precondition, note)
        else:
            before = find(services.configs, name)
            document = as_stored(document, before.content)
            changed, created = services.configs.update(before.id, document, precondition, note), False
    echo_changed(runtime, changed, "Created" if created else "Set", as_json)


@config.command()
@click.argument("name", metavar="ID|MAC")
@revision_option
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@message_option
@json_option
@click.pass_obj
def delete(
    runtime: Runtime, name: str, if_revision: int | None, yes: bool, message: str | None, as_json: bool
) -> None:
    """Delete a config: its device then gets 404. 'iotconfig config restore' brings it back."""
    with runtime.services() as services:
        found = find(services.configs, name)
        if not yes:
            label = printable(found.content.device_name or "no name")
            confirm(f"Delete config {found.id} of {found.mac_address} ({label})?", abort=True)
        services.configs.delete(found.id, precondition_of(if_revision), runtime.note(message))
    if as_json:
        say_json({"deleted": found.summary()})
        return
    say(f"Deleted config {found.id} of {found.mac_address} in {runtime.database}")


@config.command("replace-device")
@click.argument("name", metavar="ID|MAC")
@click.argument("new_mac_address", metavar="NEW_MAC")
@revision_option
@message_option
@json_option
@click.pass_obj
def replace_device(
    runtime: Runtime,
    name: str,
    new_mac_address: str,
    if_revision: int | None,
    message: str | None,
    as_json: bool,
) -> None:
    """Move a config to another board: it keeps its id and its history.

    The old board then hears which one took its place (410).
    """
    mac_address = MacAddress.parse(new_mac_address)
    with runtime.services() as services:
        before = find(services.configs, name)
        note = runtime.note(message)
        moved = services.configs.replace_device(before.id, mac_address, precondition_of(if_revision), note)
    echo_changed(runtime, moved, f"Moved from {before.mac_address}:", as_json)


def _content(runtime: Runtime, content: str | None, file: BinaryIO | None) -> ConfigContent:
    if (content is None) == (file is None):
        raise click.UsageError("Give the content once: as CONTENT, as - for standard input, or with --file.")
    limit = runtime.max_content_bytes
    source = standard_input() if content == "-" else file
    # One byte more than may be stored is enough to know that there is too much.
    if source is None:
        return ConfigContent.parse(content or "", limit)
    return ConfigContent.parse(without_mark(source.read(len(UTF8_MARK) + limit + 1)), limit)


def echo_changed(runtime: Runtime, changed: Config, verb: str, as_json: bool) -> None:
    """Say what was done to a config."""
    if as_json:
        say_json(changed)
    else:
        say(
            f"{verb} config {changed.id} of {changed.mac_address}, revision {changed.revision}, in {runtime.database}"
        )


def _echo_config(runtime: Runtime, found: Config) -> None:
    summary = found.summary()
    rows = [
        ("id", summary.id),
        ("MAC address", summary.mac_address),
        ("device name", summary.device_name),
        ("entity id", summary.device_entity_id),
        ("OTA", summary.enable_ota),
        ("revision", summary.revision),
        ("ETag", summary.etag),
        ("created", moment(summary.created_at)),
        ("updated", moment(summary.updated_at)),
        ("database", runtime.database),
    ]
    for label, value in rows:
        say(f"{label:12}  {printable(value)}")
    say()
    say(found.content.text.replace("\r\n", "\n").removesuffix("\n").expandtabs())
