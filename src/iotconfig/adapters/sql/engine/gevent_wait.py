"""Waiting for a socket in a greenlet.

psycopg waits with `select.poll`. With gevent's version of it, a query took 29 µs of processor time;
with gevent's wait for a single socket it takes 15 µs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Final


def _in_a_greenlet() -> Callable[[int], None] | None:
    monkey = sys.modules.get("gevent.monkey")
    if monkey is None or not monkey.is_module_patched("select"):
        return None
    from gevent.socket import wait_read

    return wait_read


wait_readable: Final = _in_a_greenlet()
"""Block until the socket is readable; a closed connection counts. A `Watchdog` bounds the wait.

None in a process that gevent has not patched: there, psycopg's own wait is the fastest.
"""
