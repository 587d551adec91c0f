"""Keeps a SQLite database's log short, in a thread of a process that serves nobody."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Final

from iotconfig.domain.errors import IotConfigError

from .sqlite import open_file
from .sqlite_file import Identity, OpenFile
from .timeouts import Timeouts

log = logging.getLogger(__name__)

_EVERY: Final = 5.0
"""Seconds between two looks at the log's size."""


@contextmanager
def keeping_log_short(path: Path, timeouts: Timeouts) -> Iterator[Identity]:
    """Keep the file open until the end of the block, and look after its log; which file it is.

    After a long read SQLite leaves the log as large as it grew, until the next writer has
    copied all of it: seconds in which a worker would answer nobody.
    """
    file, stop = open_file(path, timeouts), Event()
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
    while not stop.wait(_EVERY):
        try:
            file.shorten_log()
        except (IotConfigError, sqlite3.Error) as error:
            # It is tried again, and what lasts is told by health.
            log.debug("the log of the database cannot be shortened now: %s", error)
