"""Time: what it is, and how to leave some to others."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from time import sleep


def utc_now() -> datetime:
    """`Clock` of the machine."""
    return datetime.now(UTC)


def pause() -> None:
    """Let the other requests of this worker go on that can."""
    # No zero: gevent then goes on at once, up to fifty times, before it looks at its sockets, and
    # other requests waited for 700 ms beside an upload of 64 MB (measured).
    sleep(1e-6)


def is_thread_shared() -> bool:
    """Whether requests share a thread, and each holds the others up while it works: under gevent."""
    monkey = sys.modules.get("gevent.monkey")
    return monkey is not None and bool(monkey.is_module_patched("time"))
