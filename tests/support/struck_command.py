"""A command that kills itself: `python -m tests.support.struck_command MOMENT ARGUMENTS…`.

MOMENT is the beginning of a statement that is about to be executed; or `export`, for the middle
of the output of an export; or `stopped-export`, which stops there and continues at SIGCONT.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

from iotconfig.domain.configs.bulk import ExportedConfig
from iotconfig.domain.configs.bulk_service import BulkService
from iotconfig.domain.configs.labels import TagFilter
from iotconfig.entrypoints.cli import main

_EXPORTED = 1000
"""Configs that a struck export writes: more than any buffer holds."""

_export = BulkService.export


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_before(beginning: str) -> None:
    @event.listens_for(Engine, "before_cursor_execute")
    def _look(_connection: object, _cursor: object, statement: str, *_rest: Any) -> None:
        if statement.startswith(beginning):
            _die()


def strike_export(strike: signal.Signals) -> None:
    @contextmanager
    def struck(service: BulkService, *given: TagFilter) -> Iterator[Iterator[ExportedConfig]]:
        with _export(service, *given) as configs:
            yield _struck(configs, strike)

    setattr(BulkService, "export", struck)  # noqa: B010 - mypy has methods assigned in no other way


def _struck(configs: Iterable[ExportedConfig], strike: signal.Signals) -> Iterator[ExportedConfig]:
    for number, config in enumerate(configs):
        if number == _EXPORTED:
            os.kill(os.getpid(), strike)
        yield config


_EXPORT_STRIKES = {"export": signal.SIGKILL, "stopped-export": signal.SIGSTOP}

if __name__ == "__main__":
    moment, *arguments = sys.argv[1:]
    if moment in _EXPORT_STRIKES:
        strike_export(_EXPORT_STRIKES[moment])
    else:
        die_before(moment)
    main(arguments)
