"""The `iotconfig` command."""

from __future__ import annotations

import logging
import os
import pwd
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from typing import TYPE_CHECKING

from iotconfig.adapters.cli.app import cli

from .garbage import collected_rarely

if TYPE_CHECKING:
    from iotconfig.adapters.cli.runtime import Backups, Login, Logout, Runtime, Schema, Services, SignIn
    from iotconfig.domain.configs.revisions import ChangeNote

    from .settings import Settings
    from .settings.client import ClientSettings


class _Runtime:
    """`Runtime` of the commands. Each part is made at its first use: `--help` needs none."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._signed = ""

    @cached_property
    def _settings(self) -> Settings:
        from .settings import Settings

        return Settings.from_environ(self._environ)

    @cached_property
    def _client(self) -> ClientSettings | None:
        """The settings of commands over HTTP; None where commands work on the database."""
        if not self._environ.get("IOTCONFIG_URL") and self._has_database:
            return None
        from .remote import client_settings

        return client_settings(self._environ)

    @property
    def _author(self) -> str:
        """The author of the environment; empty for none."""
        from .settings.client import ClientSettings
        from .settings.fields import read

        return read(ClientSettings, self._environ).author

    @property
    def _has_database(self) -> bool:
        """Whether the environment names a database."""
        return bool(self._environ.get("DATABASE_URL") or self._environ.get("DATABASE_URL_FILE"))

    @property
    def installation(self) -> str:
        if self._client is not None:
            return str(self._client.url)
        from .wiring.backends import backend

        return str(backend(self._settings))

    def schema(self) -> Schema:
        from .wiring.backends import backend

        self._require_database()
        return backend(self._settings).schema()

    def backups(self) -> Backups:
        from .wiring.backends import backend

        self._require_database()
        return backend(self._settings).backups()

    def services(self, *, prepares: bool = False) -> AbstractContextManager[Services]:
        if prepares:
            self._require_database()
        elif self._client is not None and self._client.url is not None:
            from .remote import open_remote_services

            return open_remote_services(self._client.url, self._client.token, self._environ)
        from .wiring.backends import backend
        from .wiring.services import open_services

        if prepares:
            backend(self._settings).prepare()
        return open_services(self._settings, checks_schema=not prepares)

    def new_secrets_key(self) -> str:
        from .wiring.secrets import new_secrets_key

        return new_secrets_key()

    def reencrypt_secrets(self) -> int:
        from .wiring.services import open_services

        self._require_database()
        with open_services(self._settings) as services:
            return services.secrets.reencrypt()

    def sign(self, author: str) -> None:
        self._signed = author

    def note(self, message: str | None) -> ChangeNote:
        from iotconfig.domain.configs.revisions import UNSIGNED, ChangeNote, unverified

        author = self._signed or self._author
        if self._client is not None:
            # The service marks it.
            return ChangeNote(author or UNSIGNED.author, message)
        if author:
            return ChangeNote(unverified(author), message)
        try:
            return ChangeNote(pwd.getpwuid(os.getuid()).pw_name, message)
        except KeyError:
            return ChangeNote(f"user {os.getuid()}", message)

    def login(
        self,
        url: str | None,
        ask_token: Callable[[str, str], str],
        show_sign_in: Callable[[SignIn], None] | None,
    ) -> Login:
        from .remote import login

        return login(self._environ, url, ask_token, show_sign_in)

    def logout(self, url: str | None) -> Logout | None:
        from .remote import logout

        return logout(self._environ, url)

    def relay(self, on_start: Callable[[str], None]) -> None:
        from .exposure import warn_of_exposed_files
        from .logs import log_to_stderr, reporting
        from .relay import run_relay

        self._require_database()
        log_to_stderr(self._settings)
        warn_of_exposed_files(self._settings, self._environ)
        run_relay(self._settings, reporting(self._settings, on_start))

    def serve(self, host: str, port: int, workers: int, *, relays: bool) -> int:
        from .serve import serve

        self._require_database()
        return serve(self._environ, host, port, workers, relays=relays)

    def _require_database(self) -> None:
        """Raise `InvalidSetting` where the environment names a service and no database. A login does not count."""
        if self._has_database or not self._environ.get("IOTCONFIG_URL"):
            return
        from .settings.fields import InvalidSetting

        raise InvalidSetting(
            f"This command works on a database, and IOTCONFIG_URL names the service {self.installation}: "
            "set DATABASE_URL, or unset IOTCONFIG_URL."
        )


def main(args: Sequence[str] | None = None, environ: Mapping[str, str] | None = None) -> None:
    """Run one command and exit with its status.

    `args`: by default those of the process, which is then the command's own and ends with it.
    """
    # A command prints its error once and logs nothing; the processes of serve and relay log.
    logging.getLogger("iotconfig").addHandler(logging.NullHandler())
    logging.getLogger("psycopg.pool").addHandler(logging.NullHandler())
    environ = os.environ if environ is None else environ
    runtime: Runtime = _Runtime(environ)
    with collected_rarely() if args is None else nullcontext():
        cli.main(
            args=list(sys.argv[1:] if args is None else args),
            prog_name="iotconfig",
            obj=runtime,
            # https://no-color.org; otherwise click decides by the terminal.
            color=False if environ.get("NO_COLOR") else None,
        )
