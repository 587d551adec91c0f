"""`iotconfig health`: whether a service works."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from .options import json_option
from .runtime import Runtime
from .tables import moment
from .terminal import say, say_json

if TYPE_CHECKING:
    from iotconfig.adapters.codec.health_answers import Healthy
    from iotconfig.domain.announcing.service import DeliveryHealth
    from iotconfig.domain.devices.subscriber_reports import SubscriberHealth


@click.command()
@json_option
@click.pass_context
def health(ctx: click.Context, as_json: bool) -> None:
    """Show whether the service works.

    Prints the states of the database, of the announcements to devices, and of the
    subscriber, which reads what devices say over the broker; with problems and their
    remedies. Ends with status 1 where the database is away or takes no writes.
    """
    from iotconfig.adapters.codec.health_answers import Unhealthy

    runtime: Runtime = ctx.obj
    with runtime.services() as services:
        found = services.health()
    is_unhealthy = isinstance(found, Unhealthy)
    if as_json:
        say_json(found)
    else:
        _line("version", found.version)
        _line("database", found.database)
        for name, text in () if isinstance(found, Unhealthy) else _parts(found):
            _line(name, text)
        if isinstance(found, Unhealthy):
            say(found.error)
        say(f"{found.status}, in {runtime.installation}")
    ctx.exit(1 if is_unhealthy else 0)


def _line(name: str, text: object) -> None:
    say(f"{name:13}  {text}")


def _parts(found: Healthy) -> Iterator[tuple[str, str]]:
    if found.log is not None and found.log.problem is not None:
        yield "", found.log.problem
    yield "announcements", _announcing(found.notifications)
    for problem in found.notifications.problems:
        yield "", f"{problem.code}: {problem.message}."
    yield "subscriber", _subscriber(found.subscriber)
    if found.subscriber.problem is not None:
        yield "", f"{found.subscriber.problem}."


def _announcing(delivery: DeliveryHealth) -> str:
    more = " (and more)" if delivery.more else ""
    return f"{delivery.state.value}, {delivery.pending} pending, {delivery.parked} parked{more}"


def _subscriber(subscriber: SubscriberHealth) -> str:
    parts = [subscriber.state.value]
    if subscriber.since is not None:
        parts[0] += f" since {moment(subscriber.since)}"
        last = subscriber.last_message_at
        parts.append("no message yet" if last is None else f"last message {moment(last)}")
    return ", ".join(parts)
