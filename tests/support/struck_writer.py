"""A writer that kills itself around its commit: `python -m tests.support.struck_writer before|after CHANGE MAC`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from sqlalchemy.engine.default import DefaultDialect

from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.mac import MacAddress
from iotconfig.entrypoints.services import open_services
from iotconfig.entrypoints.settings import Settings

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


if __name__ == "__main__":
    _die_around_the_commit(sys.argv[1])
    _change(sys.argv[2], MacAddress.parse(sys.argv[3]))
