"""`iotconfig login` and `logout`: the token for a service, kept in a file."""

from __future__ import annotations

import sys
from typing import Final

import click

from .runtime import Runtime
from .streams import standard_input
from .terminal import ask_secret, say

_MOST: Final = 4096


@click.command()
@click.argument("url", required=False)
@click.pass_obj
def login(runtime: Runtime, url: str | None) -> None:
    """Log in to the service at URL, which commands then work on.

    Reads an API token from standard input, or asks for it at a terminal, and asks
    the service whose token it is. The token is kept in iotconfig/logins.json below
    $XDG_CONFIG_HOME or ~/.config; only you can read it. URL defaults to
    IOTCONFIG_URL. IOTCONFIG_URL, IOTCONFIG_TOKEN and DATABASE_URL take precedence
    over a login.
    """
    installation, caller = runtime.login(url, _ask_token)
    roles = f" ({', '.join(caller.roles)})" if caller.roles else ""
    say(f"Logged in as {caller.subject}{roles}, in {installation}")


@click.command()
@click.argument("url", required=False)
@click.pass_obj
def logout(runtime: Runtime, url: str | None) -> None:
    """Forget the token of the service at URL.

    URL defaults to the service that commands work on. The token stays valid:
    'iotconfig token revoke' revokes it.
    """
    found = runtime.logout(url)
    if found is None:
        raise click.ClickException("There is no login to forget.")
    say(f"Logged out, in {found}")


def _ask_token(url: str) -> str:
    """The token, which is not echoed."""
    if sys.stdin is not None and sys.stdin.isatty():
        return ask_secret(f"API token for {url}").strip()
    line = standard_input().read(_MOST).decode("ascii", "replace").strip()
    if not line:
        raise click.ClickException(f"{url} requires a token: give it on standard input.")
    return line
