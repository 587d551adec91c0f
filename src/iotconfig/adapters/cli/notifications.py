"""Commands for announcements: relay, announce, notifications."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Any, Final

import click

from iotconfig.domain.configs.bulk_options import BulkOptions
from iotconfig.domain.configs.query import ConfigQuery
from iotconfig.domain.documents.merge_patch import MergePatch

from .bulk_reports import TextReport
from .completion import complete_names
from .counts import counted
from .names import find_board
from .options import json_option
from .questions import ask, yes_option
from .runtime import Runtime, Services
from .selecting import SelectionOptions, condition_options
from .tables import Column, moment
from .terminal import is_interactive, say, say_json, say_table

if TYPE_CHECKING:
    from iotconfig.domain.announcing.notifications import Notification
    from iotconfig.domain.configs.bulk import BulkResult
    from iotconfig.domain.configs.config_use_cases import ConfigUseCases

_LISTED = 1000
_RATE = 10.0
_COLUMNS: Final = (
    Column("SUBJECT"),
    Column("STATE"),
    Column("DOCUMENT", rank=3),
    Column("SINCE", rank=1),
    Column("REFUSALS", rank=2),
    Column("LAST ERROR", text=8),
)


class _Rate(click.FloatRange):
    """A range of numbers without "nan"."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        if isnan(number):
            self.fail(f"{value!r} is not a number.", param, ctx)
        return number


@click.command()
@click.pass_obj
def relay(runtime: Runtime) -> None:
    """Announce changes over MQTT, until SIGTERM or Ctrl-C.

    The process also reads what devices publish, and stores the states of
    devices. Any number of relays may run on one database: one is active, the
    others stand by. 'iotconfig serve' starts one itself.
    """
    runtime.relay(click.echo)


@click.command()
@click.argument("names", metavar="[ID|MAC|NAME]...", nargs=-1, shell_complete=complete_names)
@condition_options
@click.option("--all", "everything", is_flag=True, help="Publish the retained message of every config again.")
@click.option("--restart-hint", is_flag=True, help="With --all: also send every device the hint to restart.")
@yes_option
@click.option("--rate", type=_Rate(0.1, 1000), help="With --restart-hint: hints per second.  [default: 10]")
@json_option
@click.pass_context
def announce(
    ctx: click.Context,
    /,
    names: tuple[str, ...],
    everything: bool,
    restart_hint: bool,
    yes: bool,
    rate: float | None,
    as_json: bool,
    **selecting: Any,
) -> None:
    """Announce configs again, without a change.

    Configs are named, or selected by options as for 'iotconfig patch': each of
    their devices gets the hint to restart. The relay sends the announcements at
    once, or when the broker is reachable. At a terminal, --match, --ota,
    --tag and --all show the number of configs and ask.
    """
    runtime: Runtime = ctx.obj
    chosen = SelectionOptions(everything=False, **selecting)
    if (everything, bool(names), chosen.is_given).count(True) != 1:
        raise click.UsageError(
            "Name configs by ids, MAC addresses or the names of devices; or select them by options; or give --all."
        )
    if not chosen.is_given and (chosen.expect is not None or chosen.allow_empty):
        raise click.UsageError("--expect and --allow-empty are for configs that options select.")
    if restart_hint and not everything:
        raise click.UsageError("--restart-hint needs --all: other devices get the hint to restart anyway.")
    if rate is not None and not restart_hint:
        raise click.UsageError("--rate needs --all and --restart-hint.")
    with runtime.services() as services:
        configs = services.configs
        if everything:
            if not yes and is_interactive():
                _confirm_all(configs, restart_hint=restart_hint)
            count = configs.announce_all(hints_per_second=(rate or _RATE) if restart_hint else None)
        else:
            found = (
                _selected(services, chosen)
                if chosen.is_given
                else list(dict.fromkeys(find_board(services, name)[0] for name in names))
            )
            if found and chosen.is_broad and not yes and is_interactive():
                _confirm(len(found), restart_hint=True)
            for config_id in found:
                configs.announce(config_id)
            count = len(found)
    if as_json:
        say_json({"configs": count})
        return
    say(f"{counted(count, 'config')} to be announced, in {runtime.installation}")


def _selected(services: Services, chosen: SelectionOptions) -> list[int]:
    """The ids of the selected configs. Raises `ClickException` where a named one does not exist, after listing it."""
    found: list[BulkResult] = []
    # The dry run of a patch that changes nothing.
    tally = services.bulk.patch(
        chosen.selection(),
        MergePatch.parse("{}"),
        BulkOptions(dry_run=True),
        on_refusal=TextReport().add_refusal,
        on_result=found.append,
    ).tally
    if tally.refused:
        raise click.ClickException("Nothing was announced.")
    return [result.config_id for result in found if result.config_id is not None]


def _confirm_all(configs: ConfigUseCases, *, restart_hint: bool) -> None:
    count = configs.find(ConfigQuery(limit=1)).count or 0
    if count:
        _confirm(count, restart_hint=restart_hint)


def _confirm(count: int, *, restart_hint: bool) -> None:
    hint = ", and send each device the hint to restart" if restart_hint else ""
    ask(
        f"Announce {counted(count, 'config')} again{hint}?",
        "Nothing was announced. --yes announces without a question.",
    )


@click.command()
@click.option("--retry", is_flag=True, help="Retry parked notifications.")
@json_option
@click.pass_obj
def notifications(runtime: Runtime, retry: bool, as_json: bool) -> None:
    """List pending and parked notifications, and relay problems.

    A notification is parked after the broker has refused it too often.
    """
    with runtime.services() as services:
        pending = services.notifications
        retried = pending.retry_parked() if retry else 0
        health = pending.health()
        found = pending.find(_LISTED)
    if as_json:
        say_json({"health": health, "notifications": found})
        return
    if retry:
        say(f"{counted(retried, 'parked notification is', 'parked notifications are')} tried again.")
    if found:
        say_table(_COLUMNS, map(_row, found))
        say()
    more = " (and more)" if health.more else ""
    for problem in health.problems:
        say(f"{problem.code}: {problem.message}.")
    say(f"{health.pending} pending, {health.parked} parked{more}, in {runtime.installation}")


def _row(notification: Notification) -> tuple[object, ...]:
    state = notification.announcement.state
    return (
        notification.announcement.subject,
        "parked" if notification.parked else "pending",
        state.document_number if state else None,
        moment(notification.since),
        notification.refusals,
        notification.last_error,
    )
