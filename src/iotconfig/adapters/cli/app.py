"""The command `iotconfig` and its groups."""

from __future__ import annotations

import errno
import os
from typing import Any, Final

import click
from click.exceptions import NoArgsIsHelpError

from iotconfig._version import __version__
from iotconfig.domain.errors import IotConfigError
from iotconfig.domain.text import harmless

from .contexts import NamingContext
from .errors import refusal
from .lazy_commands import LazyCommands

_COMMANDS: Final = {
    "adopt": "new_devices.adopt",
    "announce": "notifications.announce",
    "apply": "planning.apply",
    "backup": "backups.backup",
    "changes": "changes.changes",
    "config": "config_group.config",
    "db-status": "database.db_status",
    "delete-device": "device_ending.delete_device",
    "device": "device_details.device",
    "device-token": "tokens.device_token",
    "devices": "devices.devices",
    "explain": "explaining.explain",
    "export": "exporting.export",
    "factor": "factoring.factor",
    "flatten": "factoring.flatten",
    "health": "health.health",
    "import": "importing.import_",
    "layer": "layer_group.layer",
    "load-test-data": "database.load_test_data",
    "login": "login.login",
    "logout": "login.logout",
    "model": "models.model",
    "new-devices": "new_devices.new_devices",
    "notifications": "notifications.notifications",
    "patch": "patching.patch",
    "plan": "planning.plan",
    "prune-history": "history.prune_history",
    "relay": "notifications.relay",
    "restore": "backups.restore_backup",
    "secret": "secrets.secret",
    "serve": "serve.serve",
    "tag": "tags.tag",
    "token": "tokens.token",
    "undo": "undoing.undo",
    "upgrade-db": "database.upgrade_db",
    "validate": "models.validate",
    "wait": "waiting.wait",
}

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
            raise _wrong_usage(error) from None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            raise _wrong_usage(error) from None
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


class _WrongUsageOfPlan(_WrongUsage):
    """The same for a command whose status 2 has another meaning."""

    exit_code = 1


def _wrong_usage(error: click.UsageError) -> _WrongUsage:
    command = error.ctx.command if error.ctx is not None else None
    return (_WrongUsageOfPlan if getattr(command, "wrong_usage_fails", False) else _WrongUsage)(error)


class _Refused(click.ClickException):
    """An error of one line; it may quote a file's name."""

    def __init__(self, error: click.ClickException) -> None:
        super().__init__(harmless(error.format_message()))


@click.group(
    cls=_Program,
    commands=LazyCommands(_COMMANDS),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Commands work on the service IOTCONFIG_URL, with the token IOTCONFIG_TOKEN; or, unset, on the database DATABASE_URL "
    "(postgresql://… or sqlite:///…), which is by default iotconfig.db in the working directory.",
)
@click.version_option(__version__, prog_name="iotconfig")
def cli() -> None:
    """Store the configuration of ESP32-class devices, and serve it to them."""


cli.context_class = NamingContext
