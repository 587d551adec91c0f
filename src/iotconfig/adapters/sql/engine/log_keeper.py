"""A thread that watches a SQLite file and keeps its log short, in a process that serves no requests."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import Final

from iotconfig.domain.errors import IotConfigError

from .sqlite import open_file
from .sqlite_file import OpenFile
from .sqlite_index import Identity
from .timeouts import Timeouts

log = logging.getLogger(__name__)

_SHORTEN_EVERY: Final = 5.0
"""Seconds between two checks of the log's size."""

_CHECK_EVERY: Final = 0.1
"""Seconds between two checks of the file: a checkpoint between two checks hides an overwritten file."""


@contextmanager
def keeping_log_short(path: Path, timeouts: Timeouts) -> Iterator[Identity]:
    """Keep the file open and its log short until the end of the block. Gives the file's identity.

    A log that grew during a long read would be copied by the next writer, which blocks its worker for seconds.
    """
    file, stop = open_file(path, timeouts, is_first=True), Event()
    identity = file.identity()
    thread = Thread(target=_keep, args=(file, stop), name="log-keeper", daemon=True)
    thread.start()
    try:
        yield identity
    finally:
        stop.set()
        thread.join()
        file.close()


def _keep(file: OpenFile, stop: Event) -> None:
    wait, shortened_at = 0.0, -inf
    while not stop.wait(wait):
        wait = _CHECK_EVERY
        try:
            file.check()
            if monotonic() - shortened_at >= _SHORTEN_EVERY:
                shortened_at = monotonic()
                file.shorten_log()
        except (IotConfigError, sqlite3.Error) as error:
            # The next round retries; health reports a lasting problem.
            log.debug("the log of the database cannot be shortened now: %s", error)
            if not file.is_log_in_use():
                wait = _SHORTEN_EVERY
