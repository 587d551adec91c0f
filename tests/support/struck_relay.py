"""A relay that sends itself a signal at an exact point: `python -m tests.support.struck_relay SIGNAL POINT`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from threading import get_ident
from typing import Any

from paho.mqtt.client import Client

from iotconfig.adapters.mqtt import MqttSubscription
from iotconfig.adapters.sql.announcing import SqlNotificationQueue
from iotconfig.adapters.sql.evidence import SqlEvidenceStore
from iotconfig.adapters.sql.jobs.postgresql import PostgresqlLease
from iotconfig.adapters.sql.jobs.sqlite import SqliteLease
from iotconfig.domain.devices.following import StateFollower
from iotconfig.domain.jobs.ports import Wait
from iotconfig.entrypoints.logs import log_to_stderr
from iotconfig.entrypoints.relay import run_relay
from iotconfig.entrypoints.settings import Settings

_PUBLISH = 3
"""The packet's type, in the upper half of its first byte."""


class Strike:
    """Sends the current thread a signal once, so that a process that continues is not hit again.

    A signal to the process would stop its main thread first, and the thread of the relay only after the point.
    """

    def __init__(self, number: signal.Signals) -> None:
        self._number = number
        self._is_due = True

    def __call__(self) -> None:
        if self._is_due:
            self._is_due = False
            signal.pthread_kill(get_ident(), self._number)

    def after(self, owner: type, method: str, applies: Callable[[Any, tuple[Any, ...]], bool]) -> None:
        """Strike after a call of `method`, if `applies` to its result and arguments."""
        original = getattr(owner, method)

        def struck(*arguments: Any) -> Any:
            result = original(*arguments)
            if applies(result, arguments):
                self()
            return result

        setattr(owner, method, struck)

    def before(self, owner: type, method: str) -> None:
        """Strike before a call of `method`."""
        original = getattr(owner, method)

        def struck(*arguments: Any) -> Any:
            self()
            return original(*arguments)

        setattr(owner, method, struck)


def _prepare(strike: Strike, point: str) -> None:
    match point:
        case "held":
            for lease in (PostgresqlLease, SqliteLease):
                strike.after(
                    lease, "hold", lambda held, arguments: bool(held) and arguments[0]._name == "relay"
                )
        case "read":
            strike.after(SqlNotificationQueue, "due", lambda found, _: bool(found))
        case "sent":
            # The packet is the kernel's by then, and reaches the broker whatever happens here.
            strike.after(Client, "_sock_send", lambda _, arguments: arguments[1][0] >> 4 == _PUBLISH)
        case "answered":
            strike.before(SqlNotificationQueue, "acknowledge")
        case "received":
            strike.before(SqlEvidenceStore, "write")
        case "recorded":
            strike.before(MqttSubscription, "acknowledge")
        case _:
            sys.exit(f"no such point: {point}")


def _let_only_the_relay_write() -> None:
    """Without this, a process that stops may hold SQLite's write lock for the job beside the relay."""
    setattr(StateFollower, "run_once", lambda _: Wait(60.0))  # noqa: B010 - a method, which types protect


if __name__ == "__main__":
    struck_by = signal.Signals[sys.argv[1]]
    if struck_by is signal.SIGSTOP:
        _let_only_the_relay_write()
    _prepare(Strike(struck_by), sys.argv[2])
    settings = Settings.from_environ(os.environ)
    log_to_stderr(settings)
    run_relay(settings)
