"""Says once what would be said a thousand times: while a database is away, each request finds that out."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from time import monotonic
from typing import Final

WINDOW: Final = 10.0
"""Seconds within which a message is not repeated."""

_REMEMBERED: Final = 256


class Repeats(logging.Filter):
    """Drops a warning that was logged a moment ago; the next one that is not dropped says how many were.

    What is below a warning passes, as does what tells of a fault of ours.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._seen: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING or record.exc_info:
            return True
        # Not the message: arguments that do not fit it are for whoever formats it.
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
