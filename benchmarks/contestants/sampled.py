"""Our own application, with a look at what a worker is doing whenever it has used a millisecond of processor time.

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
    ("gevent/_socketcommon.py:send", "the answer into the socket"),
    ("gevent/_socketcommon.py:recv", "the request out of the socket"),
    ("adapters/gunicorn/deadlines.py", "deadlines of clients"),
    ("adapters/gunicorn/", "gunicorn: the loop around a request"),
    ("gunicorn/http/wsgi.py:create", "gunicorn: the request as WSGI wants it"),
    ("gunicorn/http/wsgi.py:base_environ", "gunicorn: the request as WSGI wants it"),
    ("gunicorn/http/wsgi.py:default_environ", "gunicorn: the request as WSGI wants it"),
    ("gunicorn/http/wsgi.py", "gunicorn: the answer's headers"),
    ("gunicorn/util.py", "gunicorn: the answer's headers"),
    ("gunicorn/http/", "gunicorn: parsing the request"),
    ("gunicorn/", "gunicorn: the loop around a request"),
    ("sql/engine/pool.py:wait", "the query: libpq, and the link"),
    ("sql/engine/document_lookup.py", "the query: libpq, and the link"),
    ("psycopg/", "the query: libpq, and the link"),
    ("sql/engine/pool.py", "the pool, and the watchdog"),
    ("psycopg_pool/", "the pool, and the watchdog"),
    ("sql/engine/watchdog.py", "the pool, and the watchdog"),
    ("iotconfig/adapters/sql/", "the store, and the use case"),
    ("iotconfig/domain/", "the store, and the use case"),
    ("iotconfig/adapters/http/", "our routes and middleware"),
    ("iotconfig/adapters/", "our adapters beside them"),
    ("falcon/", "Falcon"),
    ("gevent/", "gevent: switching, and waiting for events"),
)


def _place(frame: FrameType | None) -> str:
    """The innermost of the places above that the frame is in or was called from."""
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
        # From the first request on: what a worker imports is none of theirs.
        if signal.getsignal(signal.SIGPROF) is not look:
            signal.signal(signal.SIGPROF, look)
            signal.setitimer(signal.ITIMER_PROF, _SECONDS, _SECONDS)
        return app(environ, start_response)

    return sampled
