"""Falcon with one query, on psycopg alone: no application with a database on this server can be faster.

It checks nothing, bounds nothing and heals nothing: a lost connection stays lost.
"""

from __future__ import annotations

import os
from typing import Any

import falcon
import psycopg

from iotconfig.adapters.sql.engine.fair_semaphore import FairSemaphore

_CONNECTIONS = 8
_DOCUMENT = "SELECT body, etag FROM documents WHERE mac_address = %s"


class OneQuery:
    def __init__(self, url: str) -> None:
        # Our fair semaphore: with a plain queue some requests starve, and the p99 would be meaningless.
        self._places = FairSemaphore(_CONNECTIONS)
        self._free = [psycopg.connect(url, autocommit=True, prepare_threshold=0) for _ in range(_CONNECTIONS)]

    def on_get(self, _req: falcon.Request, resp: falcon.Response, mac: str) -> None:
        assert self._places.acquire(60)
        connection = self._free.pop()
        row = connection.execute(_DOCUMENT, (mac,)).fetchone()
        self._free.append(connection)
        self._places.release()
        assert row is not None
        resp.content_type = falcon.MEDIA_JSON
        resp.set_header("Cache-Control", "no-cache")
        resp.set_header("ETag", row[1])
        resp.data = row[0].encode()


def create_app() -> falcon.App[Any, Any]:
    app = falcon.App()
    app.add_route("/api/configs/{mac}.json", OneQuery(os.environ["DATABASE_URL"]))
    return app
