"""Our own application, sampled in a worker after each millisecond of processor time.

The system call that runs then is part of what is seen: its time counts for the function
that made it. What a worker waits for does not count.
"""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

from iotconfig.entrypoints import wsgi

_SECONDS = 0.001
_STORED_EVERY = 250
_PLACES = (
    ("gevent/_socketcommon.py:send", "writing the answer to the socket"),
    ("gevent/_socketcommon.py:recv", "reading the request"),
    ("adapters/gunicorn/deadlines.py", "deadlines of clients"),
    ("adapters/gunicorn/", "gunicorn: the loop around a request"),
    ("gunicorn/http/wsgi.py:create", "gunicorn: the WSGI environment"),
    ("gunicorn/http/wsgi.py:base_environ", "gunicorn: the WSGI environment"),
    ("gunicorn/http/wsgi.py:default_environ", "gunicorn: the WSGI environment"),
    ("gunicorn/http/wsgi.py", "gunicorn: the answer's headers"),
    ("gunicorn/util.py", "gunicorn: the answer's headers"),
    ("gunicorn/http/", "gunicorn: parsing the request"),
    ("gunicorn/", "gunicorn: the loop around a request"),
    ("sql/engine/pool.py:wait", "the query: libpq, and its connection"),
    ("sql/engine/document_lookup.py", "the query: libpq, and its connection"),
    ("psycopg/", "the query: libpq, and its connection"),
    ("sql/engine/pool.py", "the pool, and the watchdog"),
    ("psycopg_pool/", "the pool, and the watchdog"),
    ("sql/engine/watchdog.py", "the pool, and the watchdog"),
    ("adapters/http/api/fetches.py", "the sighting"),
    ("domain/devices/sightings.py", "the sighting"),
    ("wiring/sightings.py", "the sighting"),
    ("iotconfig/adapters/sql/", "the store, and the use case"),
    ("iotconfig/domain/", "the store, and the use case"),
    ("iotconfig/adapters/http/", "our routes and middleware"),
    ("iotconfig/adapters/", "our adapters beside them"),
    ("falcon/", "Falcon"),
    ("gevent/", "gevent: switching, and waiting for events"),
)


def _place(frame: FrameType | None) -> str:
    """The innermost of the parts above that contains the frame or one of its callers."""
    while frame is not None:
        where = f"{frame.f_code.co_filename}:{frame.f_code.co_name}"
        for part, name in _PLACES:
            if part in where:
                return name
        frame = frame.f_back
    return "gevent: switching, and waiting for events"


def create_app() -> Any:
    found: Counter[str] = Counter()
    path = Path(os.environ["SAMPLES"]) / f"{os.getpid()}.json"
    app = wsgi.create_app()

    def look(_number: int, frame: FrameType | None) -> None:
        found[_place(frame)] += 1
        if found.total() % _STORED_EVERY == 0:
            path.write_text(json.dumps(found))

    def sampled(environ: Any, start_response: Any) -> Any:
        # From the first request on, so that imports of a worker do not count.
        if signal.getsignal(signal.SIGPROF) is not look:
            signal.signal(signal.SIGPROF, look)
            signal.setitimer(signal.ITIMER_PROF, _SECONDS, _SECONDS)
        return app(environ, start_response)

    return sampled
