"""The command `iotconfig` and its groups."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import click
from click.exceptions import NoArgsIsHelpError

from iotconfig._version import __version__
from iotconfig.domain.errors import IotConfigError
from iotconfig.domain.text import harmless

from .backups import backup, restore_backup
from .changes import changes
from .config_lists import list_configs
from .config_patch import patch_config
from .configs import config
from .database import db_status, load_test_data, upgrade_db
from .device_details import device
from .devices import devices
from .edit import edit
from .errors import refusal
from .exporting import export
from .health import health
from .history import diff, history, prune_history, restore, rollback
from .importing import import_
from .login import login, logout
from .new_devices import adopt, new_devices
from .notifications import announce, notifications, relay
from .patching import patch
from .serve import serve
from .tags import tag
from .tokens import device_token, token
from .undoing import undo
from .waiting import wait

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


class _Program(click.Group):
    """Shows every error as one line on standard error; a group without a command shows its help there."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        try:
            return super().make_context(info_name, args, parent, **extra)
        except NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            raise _WrongUsage(error) from None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            raise _WrongUsage(error) from None
        except click.ClickException as error:
            raise _Refused(error) from None
        except IotConfigError as error:
            raise click.ClickException(refusal(error)) from None
        except BrokenPipeError:
            raise
        except (OSError, UnicodeError) as error:
            raise click.ClickException(harmless(_sentence(error))) from None


def _sentence(error: OSError | UnicodeError) -> str:
    """The system's error in sentences: the file and the reason, without the error number; for a full disk, the way out."""
    if isinstance(error, OSError) and error.strerror and error.filename is not None:
        sentence = f"{os.fsdecode(error.filename)} cannot be used: {error.strerror}."
        return f"{sentence} Free some space there, and try again." if error.errno in _FULL else sentence
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}."
    return " ".join(str(error).split())


class _WrongUsage(click.ClickException):
    """A usage error as one line: the error, and the command that prints the help."""

    exit_code = 2

    def __init__(self, error: click.UsageError) -> None:
        command = error.ctx.command_path if error.ctx is not None else "iotconfig"
        # Click lists choices in lines of their own.
        message = " ".join(error.format_message().split())
        if not message.endswith((".", "?", "?)")):
            message += "."
        super().__init__(harmless(f"{message} See '{command} --help'."))


class _Refused(click.ClickException):
    """An error of one line; it may quote a file's name."""

    def __init__(self, error: click.ClickException) -> None:
        super().__init__(harmless(error.format_message()))


class _Context(click.Context):
    """Names the command in an error about its options: Click does not, for an option without its value."""

    @contextmanager
    def scope(self, cleanup: bool = True) -> Iterator[click.Context]:
        with super().scope(cleanup) as ctx:
            try:
                yield ctx
            except click.UsageError as error:
                error.ctx = error.ctx or self
                raise


def _with_context(command: click.Command) -> None:
    command.context_class = _Context
    if isinstance(command, click.Group):
        for each in command.commands.values():
            _with_context(each)


@click.group(
    cls=_Program,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Commands work on the service IOTCONFIG_URL, with the token IOTCONFIG_TOKEN; or, unset, on the database DATABASE_URL "
    "(postgresql://… or sqlite:///…), which is by default iotconfig.db in the working directory.",
)
@click.version_option(__version__, prog_name="iotconfig")
def cli() -> None:
    """Store the configuration of ESP32-class devices, and serve it to them."""


for _command in (diff, edit, history, list_configs, patch_config, restore, rollback):
    config.add_command(_command)
for _command in (
    adopt,
    announce,
    backup,
    changes,
    config,
    db_status,
    device,
    device_token,
    devices,
    export,
    health,
    import_,
    load_test_data,
    login,
    logout,
    new_devices,
    notifications,
    patch,
    prune_history,
    relay,
    restore_backup,
    serve,
    tag,
    token,
    undo,
    upgrade_db,
    wait,
):
    cli.add_command(_command)
_with_context(cli)
