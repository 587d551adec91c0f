"""Suppression of repeated warnings: while a database is away, every request would log it."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from time import monotonic
from typing import Final

WINDOW: Final = 10.0
"""Seconds within which a message is logged once."""

_REMEMBERED: Final = 256


class Repeats(logging.Filter):
    """Drops warnings that were logged within `WINDOW`. The next one that passes has their number in `repeated`.

    Records below the level warning pass, and those with an exception.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._seen: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING or record.exc_info:
            return True
        # Not the formatted message: formatting may fail, which the handler reports.
        key = (record.name, f"{record.msg}{record.args}")
        now = self._clock()
        until, dropped = self._seen.get(key, (now, 0))
        if now < until:
            self._seen[key] = (until, dropped + 1)
            return False
        if dropped:
            record.fields = {**(getattr(record, "fields", None) or {}), "repeated": dropped}
        self._seen[key] = (now + WINDOW, 0)
        self._seen.move_to_end(key)
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return True
