"""`iotconfig config …`: the use cases, for people and for scripts."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, Final, NoReturn, TypeVar, cast

import click
from attrs import evolve

from iotconfig.domain.config import Config, ConfigSummary, Precondition
from iotconfig.domain.content import ConfigContent
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.search import MAX_PAGE, ConfigQuery
from iotconfig.domain.service import ConfigService

from .runtime import Runtime
from .tables import printable, table

F = TypeVar("F", bound=Callable[..., Any])

_ID: Final = re.compile(r"[0-9]{1,100}")
_BARE_MAC_DIGITS: Final = 12


class _File(click.File):
    """A file whose absence is an error of one line, not a lesson in usage."""

    def fail(
        self, message: str, param: click.Parameter | None = None, ctx: click.Context | None = None
    ) -> NoReturn:
        raise click.ClickException(message)


@click.group()
def config() -> None:
    """List, show and change configs.

    A config is named by its id or by its MAC address, in any spelling; twelve
    digits are a MAC address.
    """


def _json_option(function: F) -> F:
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")(function)


def _content_options(function: F) -> F:
    function = click.option(
        "--file", "-f", type=_File("rb"), help="Read the content from a file; - is standard input."
    )(function)
    return click.argument("content", required=False)(function)


def _revision_option(function: F) -> F:
    return click.option(
        "--if-revision",
        type=click.IntRange(min=1),
        metavar="N",
        help="Only if the config is at this revision.",
    )(function)


@config.command("list")
@click.option(
    "--search", metavar="TEXT", help="Only those with TEXT in MAC address, device name or entity id."
)
@click.option(
    "--ota/--no-ota", default=None, help="Only those with over-the-air updates switched on, or off."
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most N configs.  [default: all]")
@_json_option
@click.pass_obj
def list_configs(
    runtime: Runtime, search: str | None, ota: bool | None, limit: int | None, as_json: bool
) -> None:
    """List configs, sorted by MAC address."""
    query = ConfigQuery(text=search, enable_ota=ota)
    with _service(runtime) as service:
        count = service.find(evolve(query, limit=1)).count or 0
        summaries = list(_pages(service, evolve(query, count=False), limit or count))
    if as_json:
        _echo_json({"configs": summaries, "count": count})
        return
    rows = [
        (
            c.id,
            c.mac_address,
            c.device_name,
            c.device_entity_id,
            c.enable_ota,
            c.revision,
            f"{c.updated_at:%Y-%m-%d %H:%M:%SZ}",
        )
        for c in summaries
    ]
    click.echo(table(("ID", "MAC ADDRESS", "NAME", "ENTITY ID", "OTA", "REVISION", "UPDATED"), rows))
    shown = f"{len(rows)} of {count}" if len(rows) < count else str(count)
    click.echo(f"\n{shown} {'config' if count == 1 else 'configs'} in {runtime.database}")


def _pages(service: ConfigService, query: ConfigQuery, limit: int) -> Iterator[ConfigSummary]:
    while limit > 0:
        page = service.find(evolve(query, limit=min(limit, MAX_PAGE)))
        yield from page.configs
        limit -= len(page.configs)
        if page.next is None:
            return
        query = evolve(query, after=page.next)


@config.command()
@click.argument("name", metavar="ID|MAC")
@click.option(
    "--content", "content_only", is_flag=True, help="Print the content's exact bytes and nothing else."
)
@_json_option
@click.pass_obj
def show(runtime: Runtime, name: str, content_only: bool, as_json: bool) -> None:
    """Show one config."""
    if content_only and as_json:
        raise click.UsageError("--content and --json print different things: give one of them.")
    with _service(runtime) as service:
        found = _find(service, name)
    if content_only:
        click.echo(found.content.text.encode(), nl=False)
    elif as_json:
        _echo_json(found)
    else:
        _echo_config(runtime, found)


@config.command()
@click.argument("mac_address", metavar="MAC")
@_content_options
@_json_option
@click.pass_obj
def create(
    runtime: Runtime, mac_address: str, content: str | None, file: BinaryIO | None, as_json: bool
) -> None:
    """Give a device its first config: CONTENT is its JSON text, or - for standard input."""
    mac = MacAddress.parse(mac_address)
    document = _content(runtime, content, file)
    with _service(runtime) as service:
        _echo_changed(runtime, service.create(mac, document), "Created", as_json)


@config.command("set")
@click.argument("name", metavar="ID|MAC")
@_content_options
@click.option(
    "--create", "may_create", is_flag=True, help="Create the config where the MAC address has none."
)
@_revision_option
@_json_option
@click.pass_obj
def set_content(
    runtime: Runtime,
    name: str,
    content: str | None,
    file: BinaryIO | None,
    may_create: bool,
    if_revision: int | None,
    as_json: bool,
) -> None:
    """Replace a config's content: CONTENT is its JSON text, or - for standard input."""
    key = _key(name)
    document = _content(runtime, content, file)
    precondition = _precondition(if_revision)
    with _service(runtime) as service:
        if may_create:
            if not isinstance(key, MacAddress):
                raise click.UsageError("--create needs a MAC address: an id is given out by the database.")
            changed, created = service.put(key, document, precondition)
        else:
            before = _find(service, name)
            changed, created = service.update(before.id, document, precondition), False
    _echo_changed(runtime, changed, "Created" if created else "Set", as_json)


@config.command()
@click.argument("name", metavar="ID|MAC")
@_revision_option
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@_json_option
@click.pass_obj
def delete(runtime: Runtime, name: str, if_revision: int | None, yes: bool, as_json: bool) -> None:
    """Delete a config: its device then gets 404."""
    with _service(runtime) as service:
        found = _find(service, name)
        if not yes:
            label = printable(found.content.device_name or "no name")
            click.confirm(f"Delete config {found.id} of {found.mac_address} ({label})?", abort=True, err=True)
        service.delete(found.id, _precondition(if_revision))
    if as_json:
        _echo_json({"deleted": found.summary()})
        return
    click.echo(f"Deleted config {found.id} of {found.mac_address} in {runtime.database}")


@contextmanager
def _service(runtime: Runtime) -> Iterator[ConfigService]:
    runtime.schema().require_current()
    with runtime.service() as service:
        yield service


def _key(name: str) -> int | MacAddress:
    """What a person typed: an id, or a MAC address."""
    if _ID.fullmatch(name) and len(name) != _BARE_MAC_DIGITS:
        return int(name)
    return MacAddress.parse(name)


def _find(service: ConfigService, name: str) -> Config:
    key = _key(name)
    return service.get_by_mac(key) if isinstance(key, MacAddress) else service.get(key)


def _precondition(if_revision: int | None) -> Precondition:
    return Precondition(one_of=None if if_revision is None else frozenset({if_revision}))


def _content(runtime: Runtime, content: str | None, file: BinaryIO | None) -> ConfigContent:
    if (content is None) == (file is None):
        raise click.UsageError("Give the content once: as CONTENT, as - for standard input, or with --file.")
    if content == "-" and sys.stdin is None:
        raise click.ClickException("Standard input is closed: there is no content to read.")
    limit = runtime.max_content_bytes
    source = cast("BinaryIO", click.open_file("-", "rb")) if content == "-" else file
    # One byte more than may be stored is enough to know that there is too much.
    document = content or "" if source is None else source.read(limit + 1)
    return ConfigContent.parse(document, limit)


def _echo_changed(runtime: Runtime, changed: Config, verb: str, as_json: bool) -> None:
    if as_json:
        _echo_json(changed)
    else:
        click.echo(
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
        ("created", f"{summary.created_at:%Y-%m-%d %H:%M:%SZ}"),
        ("updated", f"{summary.updated_at:%Y-%m-%d %H:%M:%SZ}"),
        ("database", runtime.database),
    ]
    for label, value in rows:
        click.echo(f"{label:12}  {printable(value)}")
    click.echo()
    for line in found.content.text.splitlines():
        click.echo(printable(line.expandtabs()))


def _echo_json(value: object) -> None:
    from iotconfig.adapters.codec import to_json

    click.echo(to_json(value))
