"""`secret`: values that contents name, and devices get."""

from __future__ import annotations

import sys
from typing import Final

import click

from iotconfig.domain.documents import strict_json
from iotconfig.domain.secrets.secret import MAX_VALUE_BYTES, checked_value, secret_name, too_long
from iotconfig.domain.secrets.use_cases import SecretUse

from .counts import counted, listed
from .options import json_option, message_option
from .runtime import Runtime
from .streams import standard_input
from .tables import Column, moment
from .terminal import ask_secret, say, say_json, say_table

_COLUMNS: Final = (
    Column("NAME"),
    Column("REVISION", rank=1),
    Column("SET", rank=2),
    Column("DEVICES"),
    Column("USED BY", rank=3, text=20),
)


@click.group()
def secret() -> None:
    """Secrets: values that contents name, and devices get.

    In the content of a config, {"$secret": "wifi-psk"} stands for the value of
    the secret wifi-psk. Values are encrypted in the database with
    IOTCONFIG_SECRETS_KEY, and no command prints one.
    """


@secret.command("set")
@click.argument("name")
@message_option
@json_option
@click.pass_obj
def set_secret(runtime: Runtime, name: str, message: str | None, as_json: bool) -> None:
    """Set the value of a secret, which is read from standard input.

    At a terminal, it is asked for twice and not shown. One line break at the
    end of the input does not belong to it. A value has at most 4,096 bytes. NAME
    has up to 63 of a-z, 0-9 and -, and begins with a letter or a digit.
    """
    value = _value_of(secret_name(name))
    with runtime.services() as services:
        written = services.secrets.set(name, value, runtime.note(message))
    if as_json:
        say_json(written)
        return
    say(f"Set secret {name}, revision {written.revision}, in {runtime.installation}")
    if written.change is None:
        say("It had this value already.")
        return
    say(f"change {written.change}")
    if written.served is None:
        say("The devices that use it are served other documents one after the other.")
    elif written.served:
        say(f"{counted(written.served, 'device is', 'devices are')} served another document")


@secret.command("list")
@json_option
@click.pass_obj
def list_secrets(runtime: Runtime, as_json: bool) -> None:
    """List all secrets, and the devices and layers that use them.

    They use a secret if their own content refers to it. No value is shown.
    """
    with runtime.services() as services:
        found = services.secrets.all()
    if as_json:
        say_json({"secrets": found})
        return
    if found:
        say_table(
            _COLUMNS,
            [
                (
                    each.name,
                    each.revision,
                    moment(each.updated_at),
                    each.used_by.devices,
                    _shown(each.used_by),
                )
                for each in found
            ],
        )
        say()
    say(f"{counted(len(found), 'secret')} in {runtime.installation}")


@secret.command("remove")
@click.argument("name")
@message_option
@click.pass_obj
def remove_secret(runtime: Runtime, name: str, message: str | None) -> None:
    """Remove a secret that nothing refers to.

    It cannot be undone: earlier values are not kept.
    """
    with runtime.services() as services:
        change = services.secrets.remove(secret_name(name), runtime.note(message))
    say(f"Removed secret {name}, in {runtime.installation}")
    say(f"change {change}")


@secret.command("new-key")
@click.pass_obj
def new_key(runtime: Runtime) -> None:
    """Print a new random key for IOTCONFIG_SECRETS_KEY. Nothing is stored.

    Keep it apart from backups of the database: nobody can read the secrets without it.
    """
    say(runtime.new_secrets_key())


@secret.command("reencrypt")
@click.pass_obj
def reencrypt(runtime: Runtime) -> None:
    """Encrypt all secrets with the first of the keys.

    To change IOTCONFIG_SECRETS_KEY, put a new key before the old one, restart the
    service, run this command, and leave the old one out. It works on a database only.
    """
    number = runtime.reencrypt_secrets()
    say(f"Encrypted {counted(number, 'secret')} with the first key, in {runtime.installation}")


def _shown(use: SecretUse) -> str:
    return listed([*use.layers, *map(str, use.sample)])


def _value_of(name: str) -> str:
    """The value, from a terminal without showing it, or from standard input. Raises as `checked_value` does."""
    if sys.stdin is not None and sys.stdin.isatty():
        value = ask_secret(f"Value of {name}")
        if ask_secret("Again") != value:
            raise click.ClickException("The two values differ: nothing was set.")
        return checked_value(value)
    # With its line break, and one byte by which it is too long.
    found = standard_input().read(MAX_VALUE_BYTES + 3)
    if len(found) > MAX_VALUE_BYTES + 2:
        raise too_long()
    return checked_value(strict_json.decode_utf8(found).removesuffix("\n").removesuffix("\r"))
