"""Commands for the database itself."""

from __future__ import annotations

import click

from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.errors import IotConfigError, RecordExists
from iotconfig.domain.mac import MacAddress

from .errors import one_line
from .options import json_option
from .runtime import Runtime
from .terminal import say, say_json

_BEHIND = 1
_UNREACHABLE = 2


@click.command("upgrade-db")
@click.option("--recreate", is_flag=True, help="First drop iotconfig's tables with all their data.")
@click.option("--yes-i-am-sure", is_flag=True, help="Confirm --recreate.")
@json_option
@click.pass_obj
def upgrade_db(runtime: Runtime, recreate: bool, yes_i_am_sure: bool, as_json: bool) -> None:
    """Apply pending migrations, and list them."""
    schema = runtime.schema()
    if recreate and not yes_i_am_sure:
        raise click.UsageError(
            f"--recreate deletes every config in {schema.url}: add --yes-i-am-sure to confirm."
        )
    if as_json:
        applied = schema.upgrade(recreate=recreate)
        say_json({"database": str(schema.url), "applied": [str(migration) for migration in applied]})
        return
    say(f"Database: {schema.url}")
    applied = schema.upgrade(recreate=recreate)
    for migration in applied:
        say(f"Applied migration {migration}")
    say("The schema is up to date." if applied else "The schema was up to date already.")


@click.command("db-status")
@json_option
@click.pass_context
def db_status(ctx: click.Context, as_json: bool) -> None:
    """Show the schema's revision and the pending migrations.

    Exit status: 0 when up to date, 1 when not, 2 when the database
    cannot be reached, or a setting is wrong.
    """
    runtime: Runtime = ctx.obj
    try:
        schema = runtime.schema()
        if not as_json:
            say(f"Database: {schema.url}")
        status = schema.status()
    except IotConfigError as error:
        say(f"Error: {one_line(error)}", err=True)
        ctx.exit(_UNREACHABLE)
    if as_json:
        say_json(
            {
                "database": str(schema.url),
                "current": status.current,
                "pending": [str(migration) for migration in status.pending],
                "known": status.known,
                "is_current": status.is_current,
            }
        )
        ctx.exit(0 if status.is_current else _BEHIND)
    say(f"Current revision: {status.current or 'none'}")
    for migration in status.pending:
        say(f"Pending migration {migration}")
    if not status.known:
        say("A newer version of iotconfig has upgraded the database: install that version.")
    elif status.missing:
        say(status.missing)
    elif status.pending:
        say("Run 'iotconfig upgrade-db' to apply them.")
    else:
        say("The schema is up to date.")
    ctx.exit(0 if status.is_current else _BEHIND)


@click.command("load-test-data")
@click.pass_obj
def load_test_data(runtime: Runtime) -> None:
    """Add five sample devices.

    A sample device that exists is not changed. The MAC addresses are locally
    administered (02:…), so no real device has them.
    """
    say(f"Adding sample devices, in {runtime.schema().url}")
    with runtime.services(prepares=True) as services:
        for mac_address, content in sample_devices():
            try:
                services.configs.create(mac_address, content, runtime.note("Sample device"))
            except RecordExists:
                say(f"{mac_address}  skipped: it exists")
            else:
                say(f"{mac_address}  added: {content.device_name or '(no name)'}")


def sample_devices() -> list[tuple[MacAddress, ConfigContent]]:
    """The sample devices that come with the package, sorted by MAC address."""
    from importlib.resources import files

    samples = (
        file
        for file in files(__package__).joinpath("sample_devices").iterdir()
        if file.name.endswith(".json")
    )
    return sorted(
        (MacAddress.parse(file.name.removesuffix(".json")), ConfigContent.parse(file.read_bytes()))
        for file in samples
    )
