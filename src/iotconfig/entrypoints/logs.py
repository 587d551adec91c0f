"""Logs of long-running processes: all lines of a process, also of its libraries, in one format on standard error."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

from iotconfig.adapters.logs import JsonFormat, LoggedAccess, Output, Repeats, TextFormat, WrittenAccess
from iotconfig.domain.text import harmless

from .settings import Settings
from .settings.telemetry import LogFormat

log = logging.getLogger("iotconfig.process")

_STDERR = 2


class _Lines(logging.Handler):
    """Writes each record as one line, in one write that does not block."""

    def __init__(self, output: Output) -> None:
        super().__init__()
        self._output = output

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record)
        except Exception as error:  # noqa: BLE001 - a bad log call must not end its caller
            line = f'{{"level": "error", "logger": "{record.name}", "message": "{type(error).__name__} in a log call"}}'
        self._output.write((line + "\n").encode(errors="backslashreplace"))

    def flush(self) -> None:
        self._output.flush()


def log_to_stderr(settings: Settings) -> WrittenAccess | LoggedAccess:
    """Log to standard error, as text or as JSON; returns the access log.

    Libraries log warnings and errors only, at any level of ours: their other
    lines have addresses and statements, and may have secrets.
    """
    level = logging.getLevelName(settings.telemetry.log_level.upper())
    is_json = writes_json(settings)
    output = Output(_STDERR)
    handler = _Lines(output)
    handler.setFormatter(
        JsonFormat() if is_json else TextFormat(colours=not settings.telemetry.no_color and _is_terminal())
    )
    handler.addFilter(Repeats())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(level, logging.WARNING))
    logging.getLogger("iotconfig").setLevel(level)
    # The store logs why there is no connection; the pool would repeat it at each attempt.
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    logging.captureWarnings(True)
    sys.excepthook = _log_end
    threading.excepthook = _log_thread
    sys.unraisablehook = _log_unraisable
    return WrittenAccess(output) if is_json else LoggedAccess()


def writes_json(settings: Settings) -> bool:
    """Whether lines are JSON."""
    if settings.telemetry.log_format is LogFormat.AUTO:
        return not _is_terminal()
    return settings.telemetry.log_format is LogFormat.JSON


def reporting(settings: Settings, report: Callable[[str], None]) -> Callable[[str], None]:
    """A function that reports a sentence: with `report` where lines are text, in the log where they are JSON."""
    if writes_json(settings):
        return lambda sentence: log.info("%s", sentence)
    return lambda sentence: report(harmless(sentence))


def _is_terminal() -> bool:
    return os.isatty(_STDERR)


def _log_end(kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        log.critical("the process ends", exc_info=error)


def _log_thread(arguments: Any) -> None:
    if not issubclass(arguments.exc_type, SystemExit):
        log.error("a thread ended", exc_info=arguments.exc_value)


def _log_unraisable(arguments: Any) -> None:
    log.error("unraisable exception", exc_info=arguments.exc_value)
