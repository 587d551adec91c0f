"""Writers that kill themselves before or after their commit: `python -m tests.support.struck_writer before|after CHANGE MAC …`.

Each change is made by a separate process, one after the other.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from sqlalchemy.engine.default import DefaultDialect

from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.mac import MacAddress
from iotconfig.entrypoints.settings import Settings
from iotconfig.entrypoints.wiring.services import open_services

CONTENT = '{"written": "by a process that died"}'


def _die_around_the_commit(when: str) -> None:
    commit: Callable[[DefaultDialect, Any], None] = DefaultDialect.do_commit

    def struck(dialect: DefaultDialect, connection: Any) -> None:
        if when == "after":
            commit(dialect, connection)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(DefaultDialect, "do_commit", struck)  # noqa: B010 - mypy has methods assigned in no other way


def _change(change: str, mac: MacAddress) -> None:
    with open_services(Settings.from_environ(os.environ)) as services:
        match change:
            case "put":
                services.configs.put(mac, ConfigContent.parse(CONTENT))
            case "delete":
                services.configs.delete(services.configs.get_by_mac(mac).id)
            case "announce":
                services.configs.announce(services.configs.get_by_mac(mac).id)
            case _:
                sys.exit(f"no such change: {change}")


def _die_in_a_process(change: str, mac: MacAddress) -> None:
    writer = os.fork()
    if not writer:
        _change(change, mac)
        os._exit(0)
    _, status = os.waitpid(writer, 0)
    if os.waitstatus_to_exitcode(status) != -signal.SIGKILL:
        sys.exit(f"the writer that should {change} {mac} did not die")


if __name__ == "__main__":
    when, *changes = sys.argv[1:]
    _die_around_the_commit(when)
    for change, mac in zip(changes[::2], changes[1::2], strict=True):
        _die_in_a_process(change, MacAddress.parse(mac))
