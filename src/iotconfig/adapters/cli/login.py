"""`iotconfig login` and `logout`: a sign-in with a browser, or an API token, kept in a file."""

from __future__ import annotations

import sys
from typing import Final

import click

from .runtime import Runtime, SignIn
from .streams import standard_input
from .terminal import ask_secret, say

_MOST: Final = 4096
_MINUTE: Final = 60
_HOUR: Final = 3600


@click.command()
@click.argument("url", required=False)
@click.option(
    "--token", "with_token", is_flag=True, help="Read an API token instead of signing in with a browser."
)
@click.pass_obj
def login(runtime: Runtime, url: str | None, *, with_token: bool) -> None:
    """Log in to the service at URL, which commands then work on.

    Shows a page and a code, and waits until you have approved the code there
    with a browser, on any machine. Where the service has no such sign-in, or with
    --token, reads an API token from standard input, or asks for it at a terminal.
    The token is kept in iotconfig/logins.json below $XDG_CONFIG_HOME or
    ~/.config; only you can read it. URL defaults to IOTCONFIG_URL. IOTCONFIG_URL,
    IOTCONFIG_TOKEN and DATABASE_URL take precedence over a login.
    """
    done = runtime.login(url, _ask_token, None if with_token else _show)
    roles = f" ({', '.join(done.caller.roles)})" if done.caller.roles else ""
    until = "" if done.expires_in is None else f", for {_span(done.expires_in)}"
    say(f"Logged in as {done.caller.subject}{roles}, in {done.installation}{until}")


@click.command()
@click.argument("url", required=False)
@click.pass_obj
def logout(runtime: Runtime, url: str | None) -> None:
    """Forget the token of the service at URL.

    URL defaults to the service that commands work on. An API token stays valid:
    'iotconfig token revoke' revokes it. The token of a sign-in ends by itself.
    """
    done = runtime.logout(url)
    if done is None:
        raise click.ClickException("There is no login to forget.")
    say(f"Logged out, in {done.installation}")
    if done.sign_out_url is not None:
        say(f"Your browser may be signed in still; this page signs it out: {done.sign_out_url}")


def _show(sign_in: SignIn) -> None:
    say("To sign in, open this page in a browser on any machine, and enter the code:", err=True)
    say(f"  {sign_in.verification_uri}", err=True)
    say(f"  {sign_in.user_code}", err=True)
    if sign_in.verification_uri_complete is not None:
        say("Or open this page, and check that it shows the same code:", err=True)
        say(f"  {sign_in.verification_uri_complete}", err=True)
    say(f"The code is valid for {_span(sign_in.expires_in)}; Ctrl-C gives up.", err=True)


def _span(seconds: int) -> str:
    """Whole hours, minutes or seconds, rounded down."""
    for unit, name in ((_HOUR, "hour"), (_MINUTE, "minute"), (1, "second")):
        if seconds >= 2 * unit or seconds == unit:
            return f"{seconds // unit} {name}{'s' if seconds != unit else ''}"
    return f"{seconds} seconds"


def _ask_token(url: str, why: str) -> str:
    """The token, which is not echoed."""
    if why:
        say(
            f"{why} Give an API token (--token): 'iotconfig token create NAME --role ROLE' makes one, "
            "on the machine of the service or by an administrator.",
            err=True,
        )
    if sys.stdin is not None and sys.stdin.isatty():
        return ask_secret(f"API token for {url}").strip()
    line = standard_input().read(_MOST).decode("ascii", "replace").strip()
    if not line:
        raise click.ClickException(f"{url} requires a token: give it on standard input.")
    return line
