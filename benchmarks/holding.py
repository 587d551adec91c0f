"""The worker's half of `benchmarks/holds.py`: run as `python -m gevent.monkey --module benchmarks.holding`."""

from __future__ import annotations

import gc
import io
import json
import sys
import warnings
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice, starmap
from pathlib import Path
from time import thread_time
from typing import Any

import falcon
import gevent
import greenlet
from attrs import define, field
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from falcon import inspect
from falcon.testing import create_environ
from sqlalchemy import Table

from benchmarks.worst_inputs import Case, cases, contents, mac, other
from iotconfig.adapters.http.routes import ROUTES
from iotconfig.adapters.sql.device_states import SqlDeviceStates
from iotconfig.adapters.sql.engine.database import Database
from iotconfig.adapters.sql.tables import (
    changes,
    configs,
    device_evidence,
    documents,
    layer_revisions,
    layers,
    layers_state,
    notifications,
    revision_counters,
    revisions,
)
from iotconfig.domain.devices.evidence import Kind
from iotconfig.domain.devices.following import catch_up
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.entrypoints.settings import Settings
from iotconfig.entrypoints.wiring.application import app_of
from iotconfig.entrypoints.wiring.databases import open_database

_CONFIGS = 100_000
_REVISIONS = 5_000
_DELETED = 5_000
_BACKLOG = 200_000
_ASSETS = 30_000
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_CHANGES = 1_000_000
_STREAMED = 1.0
"""Seconds for which one answer is read, at most."""
_LAYERS = 199
"""Large layers; one more is the most that can be."""
_LARGE = 20
"""Configs with content of the maximum size."""
_OF_ALL = "0" * 16
"""The id of a change of every config: it made the newest revision of each."""


@define
class Watch:
    """Measures the longest processor time between two iterations of the event loop."""

    longest: float = 0.0
    _since: float = field(factory=thread_time)

    def begin(self) -> None:
        self.longest, self._since = 0.0, thread_time()

    def look(self, _event: str, _greenlets: object) -> None:
        now = thread_time()
        self.longest = max(self.longest, now - self._since)
        self._since = now


def insert(database: Database, table: Table, rows: Iterator[dict[str, object]]) -> None:
    while batch := list(islice(rows, 2000)):
        with database.writing() as connection:
            connection.execute(table.insert(), batch)


@cache
def kinds() -> tuple[str, ...]:
    """The texts of `contents`: to make them takes longer than to store them."""
    return tuple(contents().values())


def large(number: int) -> str:
    return kinds()[number % len(kinds())]


_NAME = "ä" * 240


def fleet(count: int) -> Iterator[tuple[int, ConfigContent]]:
    for number in range(1, count + 1):
        text = large(number) if number <= _LARGE else json.dumps({"deviceName": f"{_NAME}{number}"})
        yield number, ConfigContent.parse(text)


def wanted(number: int, content: ConfigContent, newest_of_first: int) -> dict[str, object]:
    return {
        "mac_address": mac(number),
        "content": content.text,
        "etag": content.etag,
        "revision": newest_of_first if number == 1 else 2,
        "change": _OF_ALL,
        "created_at": _NOW,
        "updated_at": _NOW,
    }


def served(number: int, content: ConfigContent) -> dict[str, object]:
    return {
        "mac_address": mac(number),
        "number": 9999,
        "body": content.text,
        "etag": content.etag,
        "device_name": f"{_NAME}{number}",
        "device_entity_id": f"{_NAME}{number}",
        "search_text": f"{mac(number)}\n{_NAME}{number}\n{_NAME}{number}",
        "layers": "",
        "rule": 1,
    }


def shown(count: int) -> Iterator[dict[str, object]]:
    for number in range(1, count + 1):
        for kind in Kind:
            yield {
                "mac_address": mac(number),
                "kind": kind.value,
                "etag": f'"{kind}"',
                "number": 9999,
                "received_at": 1_800_000_000_000_000,
                "source": "2001:db8::1",
                "proof": "none",
                "pointer": "/" + "a" * 63,
                "reason": "r" * 80,
                "firmware": "1.4.2",
            }


def history(count: int, newest_of_first: int, deleted: int) -> Iterator[dict[str, object]]:
    """All revisions: many of the first config, two of each other one, and those of deleted configs."""
    small = ConfigContent.parse("{}")
    kinds = list(contents().values())
    for number in range(1, newest_of_first):
        place, is_other = divmod(number - 1, 2)
        text = small.text if place >= len(kinds) else other(kinds[place]) if is_other else kinds[place]
        yield revision(1, mac(1), number, "update", ConfigContent.parse(text))
    for number, content in fleet(count):
        if number > 1:
            yield revision(number, mac(number), 1, "create", small)
        newest = newest_of_first if number == 1 else 2
        yield {**revision(number, mac(number), newest, "update", content), "change": _OF_ALL}
    for number in range(deleted):
        address = mac(2**32 + number)
        yield revision(2**40 + number, address, 1, "create", small)
        yield revision(2**40 + number, address, 2, "delete", None)


def layer(number: int) -> dict[str, object]:
    """A large layer, for a tag that no device has."""
    content = ConfigContent.parse(large(number))
    return {
        "name": f"layer-{number}",
        "tags": f"t{'t' * 60}",
        "not_tags": "",
        "rank": number,
        "enabled": True,
        "revision": 2 * len(kinds()),
        "etag": content.etag,
        "change": _OF_ALL,
        "created_at": _NOW,
        "updated_at": _NOW,
        "content": content.text,
    }


def layer_history() -> Iterator[dict[str, object]]:
    """Two revisions of the first layer for each kind of content, with that and with another one of its kind."""
    texts = [text for kind in kinds() for text in (kind, other(kind))]
    for number, text in enumerate(texts, 1):
        content = ConfigContent.parse(text)
        yield {
            "name": "layer-1",
            "revision": number,
            "operation": "update",
            "change": f"{number:016x}",
            "tags": f"t{'t' * 60}",
            "not_tags": "",
            "rank": 1,
            "enabled": True,
            "etag": content.etag,
            "author": "a" * 255,
            "message": "ä" * 255,
            "created_at": _NOW,
            "content": content.text,
        }


def fill(database: Database, scale: float) -> None:
    """Configs with names of the maximum length, a long history, deleted configs and pending notifications."""
    count = int(_CONFIGS * scale)
    newest_of_first = int(_REVISIONS * scale) + len(contents()) * 2 + 1

    def backlog() -> Iterator[dict[str, object]]:
        for number in range(int(_BACKLOG * scale)):
            yield {
                "kind": "config",
                "key": mac(number),
                "generation": 1,
                "restart_hint": True,
                "since": _NOW + timedelta(seconds=number),
                "due_at": _NOW,
                "refusals": 0,
                "parked": number % 2 == 0,
            }

    def log() -> Iterator[dict[str, object]]:
        for number in range(1, int(_CHANGES * scale) + 1):
            yield {
                "position": number,
                "change": f"{number // 100:016x}",
                "kind": "config",
                "subject": mac(number % count + 1),
                "operation": "update",
                "revision": number,
                "author": "a" * 255,
                "message": "ä" * 255,
                "created_at": _NOW + timedelta(milliseconds=number),
            }

    known = (
        {"mac_address": mac(number), "last_revision": 9999, "last_document_number": 9999}
        for number in range(1, count + 1)
    )
    insert(database, revision_counters, known)
    insert(database, configs, (wanted(*each, newest_of_first) for each in fleet(count)))
    insert(database, documents, starmap(served, fleet(count)))
    insert(database, layers, map(layer, range(1, _LAYERS + 1)))
    insert(database, layer_revisions, layer_history())
    insert(database, layers_state, iter([{"only": 1, "generation": 1}]))
    insert(database, revisions, history(count, newest_of_first, int(_DELETED * scale)))
    insert(database, notifications, backlog())
    insert(database, changes, log())
    insert(database, device_evidence, shown(count))
    catch_up(SqlDeviceStates(database), _NOW)


def revision(
    config: int, address: str, number: int, operation: str, content: ConfigContent | None
) -> dict[str, object]:
    return {
        # A write makes one revision of a config.
        "change": f"{number:016x}",
        "config_id": config,
        "mac_address": address,
        "revision": number,
        "operation": operation,
        "content": content.text if content else None,
        "etag": content.etag if content else None,
        "author": "a" * 255,
        "message": "ä" * 255,
        "created_at": _NOW + timedelta(seconds=number),
    }


def send(app: falcon.App[Any, Any], case: Case) -> int:
    """Answer one request completely; returns the status."""
    statuses: list[str] = []
    environ = create_environ(
        path=case.path,
        query_string=case.query,
        method=case.method,
        headers=dict(case.headers),
        host="127.0.0.1",
        wsgierrors=io.StringIO(),
    )
    environ["wsgi.input"] = io.BytesIO(case.body)
    if case.body:
        environ["CONTENT_LENGTH"] = str(len(case.body))
    answer = app(environ, lambda status, _headers, *_: statuses.append(status))  # type: ignore[arg-type] # it returns no writer, which nothing here calls
    try:
        # A stream of events has no end.
        with suppress(gevent.Timeout), gevent.Timeout(_STREAMED):
            for _ in answer:
                pass
    finally:
        getattr(answer, "close", lambda: None)()
    return int(statuses[0].split()[0])


def measured(app: falcon.App[Any, Any], watch: Watch, case: Case) -> tuple[float, int]:
    gc.collect()
    served = gevent.spawn(send, app, case)
    watch.begin()
    status: int = served.get()
    watch.look("end", None)
    return watch.longest * 1000, status


def routes(app: falcon.App[Any, Any]) -> Iterator[tuple[str, str]]:
    """All methods of all routes of the app."""
    served = {route.path for route in inspect.inspect_routes(app)}
    for route in ROUTES:
        if route.path in served:
            for method in route.operations:
                yield method, route.path


def main() -> None:
    url, scale, directory, only = sys.argv[1], float(sys.argv[2]), Path(sys.argv[3]), sys.argv[4]
    warnings.simplefilter("ignore")
    assets = directory / "assets"
    assets.mkdir(exist_ok=True)
    for number in range(int(_ASSETS * scale)):
        (assets / f"asset-{number}.bin").touch()
    settings = Settings.from_environ(
        {
            "DATABASE_URL": url,
            "ASSETS_DIR": str(assets),
            "IOTCONFIG_ALLOW_ANONYMOUS": "true",
            "SIGNING_KEY_PATH": signing_key(directory),
        }
    )
    database = open_database(settings)
    fill(database, scale)
    database.close()
    app = app_of(settings)
    watch = Watch()
    greenlet.settrace(watch.look)
    send(app, Case("GET", "", "", "/api/openapi.json"))
    found: dict[str, tuple[float, str, int]] = {}
    for method, template in routes(app):
        if only not in template:
            continue
        for case in cases(template, method):
            longest, status = measured(app, watch, case)
            known = found.get(f"{method} {template}", (0.0, "", 0))
            found[f"{method} {template}"] = max(known, (longest, case.name, status))
            if longest > 60:
                print(
                    f"{longest:7.0f} ms  {status}  {method} {template}: {case.name}",
                    file=sys.stderr,
                    flush=True,
                )
    print(json.dumps(found))


def signing_key(directory: Path) -> str:
    key = rsa.generate_private_key(65537, 2048).public_key()
    path = directory / "key.pem"
    path.write_bytes(
        key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return str(path)


if __name__ == "__main__":
    main()
