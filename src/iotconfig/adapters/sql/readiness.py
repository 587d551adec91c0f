"""Waiting for a socket to be readable: in a thread, or in a greenlet."""

from __future__ import annotations

import select
import sys
from collections.abc import Callable
from typing import Final


def _in_a_thread(descriptor: int) -> None:
    readable = select.poll()
    readable.register(descriptor, select.POLLIN)
    readable.poll()


def _chosen() -> Callable[[int], None]:
    """gevent's own wait, where gevent has patched: its `select.poll`, with which psycopg waits, costs 20 µs more."""
    monkey = sys.modules.get("gevent.monkey")
    if monkey is None or not monkey.is_module_patched("select"):
        return _in_a_thread
    from gevent.socket import wait_read  # noqa: PLC0415 - a process without greenlets has no use for it

    return wait_read


wait_readable: Final = _chosen()
"""Return when the socket with this descriptor has something to read, be it the news that the link is gone.

It waits for as long as that takes: whoever waits lets a `Watchdog` guard the socket.
"""
