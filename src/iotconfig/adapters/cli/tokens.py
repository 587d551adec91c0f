"""Commands for API tokens and device tokens. The text of a token is shown once and not stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, Final

import click

from iotconfig.domain.access.principal import Role
from iotconfig.domain.configs.query import ConfigQuery
from iotconfig.domain.errors import RecordNotFound
from iotconfig.domain.mac import MacAddress

from .counts import counted
from .expiry import expiry
from .options import json_option
from .pages import summaries
from .runtime import Runtime
from .streams import standard_output
from .tables import Column, moment
from .terminal import say, say_json, say_table, to_standard_output

if TYPE_CHECKING:
    from iotconfig.domain.access.use_cases import ApiTokenSummary

_COLUMNS: Final = (
    Column("NAME", text=16),
    Column("ROLE"),
    Column("STATE"),
    Column("CREATED", rank=3),
    Column("EXPIRES", rank=1),
    Column("LAST USED", rank=2),
)
_ROLES = "admin may do everything, viewer may read, asset-uploader may upload assets."


@click.group()
def token() -> None:
    """API tokens: create, list, revoke.

    A program sends its token as 'Authorization: Bearer …'. Tokens are required
    while IOTCONFIG_AUTH=on. Creating a token does not turn that on.
    """


@token.command("create")
@click.argument("name")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True, help=_ROLES)
@click.option(
    "--expires",
    callback=expiry,
    metavar="WHEN",
    help="Expiry: 12h, 90d or 6w from now, a date (the end of that day), or a time.  [default: never]",
)
@json_option
@click.pass_obj
def create_token(runtime: Runtime, name: str, role: str, expires: datetime | None, as_json: bool) -> None:
    """Create a token, and print it. It cannot be shown again.

    NAME is the author of changes that are made with the token. A name cannot
    be used twice.
    """
    with runtime.services() as services:
        tokens = services.api_tokens
        output = standard_output()
        created, text = tokens.create(name, Role(role), expires)
        # The token alone goes to standard output, so that a script can catch it.
        with _revoked_on_failure(lambda: tokens.revoke(name)):
            _show(output, _json_of(_members(created, datetime.now(UTC)), text) if as_json else text)
    if as_json:
        return
    until = f"until {moment(created.expires_at)}" if created.expires_at else "until it is revoked"
    say(f"Token {created.name} ({created.role}) is valid {until}, in {runtime.installation}", err=True)


@token.command("list")
@json_option
@click.pass_obj
def list_tokens(runtime: Runtime, as_json: bool) -> None:
    """List all tokens, including revoked ones.

    The history still names revoked tokens.
    """
    with runtime.services() as services:
        found = services.api_tokens.all()
    now = datetime.now(UTC)
    if as_json:
        say_json({"tokens": [_members(each, now) for each in found]})
        return
    if found:
        say_table(_COLUMNS, [_row(each, now) for each in found])
        say()
    say(f"{counted(len(found), 'token')}, in {runtime.installation}")


@token.command("revoke")
@click.argument("name")
@click.pass_obj
def revoke_token(runtime: Runtime, name: str) -> None:
    """Revoke a token. The next request with it is refused."""
    with runtime.services() as services:
        services.api_tokens.revoke(name)
    say(f"Token {name} is revoked, in {runtime.installation}")


@click.group("device-token")
def device_token() -> None:
    """Device tokens: create, list, revoke.

    A device sends its token as 'Authorization: Bearer …'. Tokens are checked
    while IOTCONFIG_DEVICE_AUTH is optional or required.
    """


@device_token.command("create")
@click.argument("mac_addresses", metavar="MAC...", nargs=-1)
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Create a token for every device that has a config and no token.",
)
@click.option("--replace", is_flag=True, help="Replace the token that a device has.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
@click.pass_obj
def create_device_token(
    runtime: Runtime, mac_addresses: tuple[str, ...], everything: bool, replace: bool, as_json: bool
) -> None:
    """Create tokens, and print each after its MAC address. They cannot be shown again."""
    if everything == bool(mac_addresses):
        raise click.UsageError("Name devices by their MAC addresses, or give --all.")
    if everything and replace:
        raise click.UsageError("--replace needs MAC addresses: with --all it would lock out every device.")
    named = [MacAddress.parse(text) for text in mac_addresses]
    with runtime.services() as services:
        tokens = services.device_tokens
        output = standard_output()
        everyone = (config.mac_address for config in summaries(services.configs, ConfigQuery()))
        macs = everyone if everything else iter(named)
        created = kept = 0
        for mac in macs:
            text = tokens.create(mac, replace=replace)
            if text is not None:
                created += 1
                with _revoked_on_failure(partial(tokens.revoke, mac)):
                    _show(output, _json_of({"mac_address": mac}, text) if as_json else f"{mac} {text}")
            elif everything:
                kept += 1
            else:
                raise click.ClickException(f"{mac} has a token already: use --replace to replace it.")
    more = f", {kept} had one" if kept else ""
    say(f"{created} created{more}, in {runtime.installation}", err=True)


@device_token.command("list")
@json_option
@click.pass_obj
def list_device_tokens(runtime: Runtime, as_json: bool) -> None:
    """List the devices that have a token."""
    with runtime.services() as services:
        found = list(services.device_tokens.all())
    if as_json:
        say_json(
            {"devices": [{"mac_address": each.mac_address, "created_at": each.created_at} for each in found]}
        )
        return
    if found:
        columns = (Column("MAC ADDRESS"), Column("CREATED"))
        say_table(columns, [(each.mac_address, moment(each.created_at)) for each in found])
        say()
    say(f"{counted(len(found), 'device has', 'devices have')} a token, in {runtime.installation}")


@device_token.command("revoke")
@click.argument("mac_addresses", metavar="MAC...", nargs=-1, required=True)
@click.pass_obj
def revoke_device_token(runtime: Runtime, mac_addresses: tuple[str, ...]) -> None:
    """Revoke the tokens of devices. The next request with one is refused."""
    macs = [MacAddress.parse(text) for text in mac_addresses]
    with runtime.services() as services:
        for mac in macs:
            try:
                services.device_tokens.revoke(mac)
            except RecordNotFound as error:
                raise click.ClickException(
                    f"{error} 'iotconfig device-token list' lists those that exist."
                ) from None
            say(f"The token of {mac} is revoked, in {runtime.installation}")


def _json_of(members: Mapping[str, object], text: str) -> str:
    """A new token as JSON, as the API has it."""
    from iotconfig.adapters.codec import to_json

    return to_json({**members, "token": text})


def _show(output: BinaryIO, line: str) -> None:
    """Write a line and flush it, so that an error is raised here."""
    with to_standard_output():
        output.write(f"{line}\n".encode())
        output.flush()


@contextmanager
def _revoked_on_failure(revoke: Callable[[], None]) -> Iterator[None]:
    """Revoke a new token if it cannot be written: its secret would be lost."""
    try:
        yield
    except OSError:
        revoke()
        raise


def _members(token: ApiTokenSummary, now: datetime) -> dict[str, object]:
    return {
        "name": token.name,
        "role": token.role,
        "state": token.state(now),
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "last_used_at": token.last_used_at,
        "revoked_at": token.revoked_at,
    }


def _row(token: ApiTokenSummary, now: datetime) -> tuple[object, ...]:
    return (
        token.name,
        token.role,
        token.state(now),
        moment(token.created_at),
        moment(token.expires_at) if token.expires_at else "never",
        moment(token.last_used_at) if token.last_used_at else None,
    )
