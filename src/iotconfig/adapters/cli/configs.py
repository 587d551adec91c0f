"""`iotconfig config show`, `create`, `set`, `delete` and `replace-device`: one config."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

import click

from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.documents.line_ends import as_stored
from iotconfig.domain.errors import RecordExists, RecordGone, RecordNotFound
from iotconfig.domain.mac import MacAddress

from .changed import echo_change, echo_changed
from .diffs import echo_preview, echo_proposed
from .given_contents import content_in
from .keys import key_of
from .names import find, find_board, find_for_change
from .options import (
    ReadableFile,
    config_argument,
    dry_run_option,
    json_option,
    message_option,
    precondition_of,
    revision_option,
)
from .questions import ask, yes_option
from .removals import accept_removals, say_removed
from .runtime import Runtime, Services
from .tables import moment, printable
from .terminal import give, say, say_json, say_lines

if TYPE_CHECKING:
    from iotconfig.domain.configs.config import Config

F = TypeVar("F", bound=Callable[..., Any])


def _content_options(function: F) -> F:
    function = click.option(
        "--file", "-f", type=ReadableFile("rb"), help="Read the content from a file; - is standard input."
    )(function)
    return click.argument("content", required=False)(function)


@click.command()
@config_argument
@click.option("--content", "content_only", is_flag=True, help="Print only the content, byte for byte.")
@json_option
@click.pass_obj
def show(runtime: Runtime, name: str, content_only: bool, as_json: bool) -> None:
    """Show one config."""
    if content_only and as_json:
        raise click.UsageError("--content and --json cannot be used together.")
    with runtime.services() as services:
        found = find(services, name)
    if content_only:
        give(bytes(found.content))
    elif as_json:
        say_json(found)
    else:
        _echo_config(runtime, found)


@click.command()
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
    """Create the config of a device. CONTENT is JSON text, or - for standard input."""
    mac = MacAddress.parse(mac_address)
    with runtime.services() as services:
        document = _content(services, content, file)
        try:
            created = services.configs.create(mac, document, runtime.note(message))
        except RecordExists:
            raise RecordExists(mac, f"'iotconfig config set {mac}' replaces its content") from None
    echo_changed(runtime, created, "Created", as_json)


@click.command("set")
@config_argument
@_content_options
@click.option("--create", "may_create", is_flag=True, help="Create the config if the MAC address has none.")
@revision_option
@dry_run_option
@yes_option
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
    yes: bool,
    message: str | None,
    as_json: bool,
) -> None:
    """Replace a config's content. CONTENT is JSON text, or - for standard input.

    Members that CONTENT lacks are removed: the command names them, and asks at
    a terminal. 'iotconfig config patch' changes some members only.
    """
    note = runtime.note(message)
    from iotconfig.domain.configs.edits import Replace

    removed: list[str] = []
    with runtime.services() as services:
        document = _content(services, content, file)
        if may_create and isinstance(key_of(name), int):
            raise click.UsageError("--create needs a MAC address: the database assigns ids.")
        if dry_run and may_create:
            _echo_put(services, MacAddress.parse(name), document, if_revision, as_json=as_json)
            return
        if dry_run:
            before, precondition = find_for_change(services, name, if_revision)
            before, _ = services.configs.preview(before.id, Replace(document), precondition)
            echo_proposed(before, as_stored(document, before.content), as_json=as_json)
            return
        existing: Config | None = None
        if may_create:
            mac_address = MacAddress.parse(name)
            precondition = precondition_of(if_revision)
            with suppress(RecordNotFound, RecordGone):
                existing = services.configs.get_by_mac(mac_address)
                document = as_stored(document, existing.content)
                removed, precondition = accept_removals(existing, document, precondition, yes=yes)
            changed, created = services.configs.put(mac_address, document, precondition, note)
        else:
            existing, precondition = find_for_change(services, name, if_revision)
            document = as_stored(document, existing.content)
            removed, precondition = accept_removals(existing, document, precondition, yes=yes)
            changed, created = (
                services.configs.edit(existing.id, Replace(document), precondition, note),
                False,
            )
    say_removed(removed)
    echo_changed(runtime, changed, "Created" if created else "Set", as_json, existing)


@click.command()
@config_argument
@revision_option
@yes_option
@message_option
@json_option
@click.pass_obj
def delete(
    runtime: Runtime, name: str, if_revision: int | None, yes: bool, message: str | None, as_json: bool
) -> None:
    """Delete a config.

    Its device then gets 404; where layers reach it, the document that these make, until
    'iotconfig delete-device' ends it. 'iotconfig config restore' restores the config.
    """
    with runtime.services() as services:
        found, precondition = find_for_change(services, name, if_revision)
        if not yes:
            label = printable(found.device_name or "no name")
            ask(
                f"Delete config {found.id} of {found.mac_address} ({label})?",
                "Nothing was deleted. --yes deletes without a question.",
            )
        change = services.configs.delete(found.id, precondition, runtime.note(message))
    if as_json:
        say_json({"deleted": found.summary(), "change": change})
        return
    say(f"Deleted config {found.id} of {found.mac_address} in {runtime.installation}")
    echo_change(change)


@click.command("replace-device")
@config_argument
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
    """Move a config to another board. The config keeps its id and its history.

    The old board then gets 410 with the MAC address of the new board.
    """
    mac_address = MacAddress.parse(new_mac_address)
    with runtime.services() as services:
        config_id, board, precondition = find_board(services, name, if_revision)
        note = runtime.note(message)
        try:
            moved = services.configs.replace_device(config_id, mac_address, precondition, note)
        except RecordExists:
            if mac_address == board:
                raise
            way_out = (
                f"to give the board to config {config_id}, run 'iotconfig config delete {mac_address}' first"
            )
            raise RecordExists(mac_address, way_out) from None
    back = f"iotconfig config replace-device {moved.id} {board}"
    echo_changed(runtime, moved, f"Moved from {board}:", as_json, undo=back)


def _echo_put(
    services: Services,
    mac_address: MacAddress,
    content: ConfigContent,
    if_revision: int | None,
    *,
    as_json: bool,
) -> None:
    """Print the difference that this content would make to a device that may have no config."""
    before = services.configs.preview_put(mac_address, content, precondition_of(if_revision))
    stored = content if before is None else as_stored(content, before.content)
    echo_preview(mac_address, before, stored, as_json=as_json)


def _content(services: Services, content: str | None, file: BinaryIO | None) -> ConfigContent:
    if (content is None) == (file is None):
        raise click.UsageError("Give the content once: as CONTENT, as - for standard input, or with --file.")
    return content_in(content, file, services.max_content_bytes)


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
        ("stored in", runtime.installation),
    ]
    if summary.tags:
        rows.append(("tags", " ".join(summary.tags)))
    if summary.note is not None:
        rows.append(("note", summary.note))
    if summary.model is not None:
        rows.append(("model", summary.model))
    for label, value in rows:
        say(f"{label:12}  {printable(value)}")
    say()
    say_lines(found.content.text.replace("\r\n", "\n").removesuffix("\n").expandtabs())
