"""When a process of this package looks for garbage.

Imported modules leave many objects and hardly any garbage. By default, the collector looks through them
several times during a start, and again at the end: a quarter of the processor time of a short command (measured).
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_THRESHOLDS = (50_000, 20, 50)


@contextmanager
def collected_rarely() -> Iterator[None]:
    """Collect rarely in this process, and not at its end, which follows the block."""
    gc.set_threshold(*_THRESHOLDS)
    try:
        yield
    finally:
        gc.freeze()


@contextmanager
def loading() -> Iterator[None]:
    """Collect nothing during the block, which loads what the process keeps, and never look through that again."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
