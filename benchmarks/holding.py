"""The worker's half of `benchmarks/holds.py`: run as `python -m gevent.monkey --module benchmarks.holding`."""

from __future__ import annotations

import gc
import io
import json
import random
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice, starmap
from pathlib import Path
from time import thread_time
from typing import Any

import falcon
import gevent
import greenlet
from attrs import define, evolve, field, frozen
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from falcon import inspect
from falcon.testing import create_environ
from sqlalchemy import Table

from iotconfig.adapters.http.routes import ROUTES
from iotconfig.adapters.sql.engine.database import Database
from iotconfig.adapters.sql.tables import configs, documents, notifications, revision_counters, revisions
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.entrypoints.settings import Settings
from iotconfig.entrypoints.wiring.application import app_of
from iotconfig.entrypoints.wiring.databases import open_database

_BYTES = 256 * 1024
_CONFIGS = 100_000
_REVISIONS = 5_000
_DELETED = 5_000
_BACKLOG = 200_000
_ASSETS = 30_000
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_LARGE = 20
"""Configs with content of the maximum size."""


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


@frozen
class Case:
    """One request."""

    method: str
    template: str
    name: str
    path: str
    body: bytes = b""
    headers: Mapping[str, str] = {}
    query: str = ""


# --- contents -------------------------------------------------------------------------------------------


def filled(begin: str, item: Callable[[int], str], end: str, size: int = _BYTES) -> str:
    """As many items as fit."""
    parts: list[str] = []
    left = size - len(begin.encode()) - len(end.encode())
    while True:
        part = item(len(parts))
        left -= len(part.encode()) + 1
        if left < 0:
            return begin + ",".join(parts) + end
        parts.append(part)


def contents(size: int = _BYTES) -> dict[str, str]:
    """Documents of the maximum size, each with much of one kind."""
    chance = random.Random(1)
    deep = '{"a":' + "[" * 62, "]" * 62 + "}"
    objects = '{"a":' * 63, "}" * 63
    return {
        "many numbers": filled('{"a":[', lambda _: str(chance.randrange(2)), "]}", size),
        "many members": filled("{", lambda n: f'"{n:x}":{n % 7}', "}", size),
        "many objects": filled("{", lambda n: f'"{n:x}":{{"":{n % 7}}}', "}", size),
        "many empty arrays": filled('{"a":[', lambda _: "[]", "]}", size),
        "63 levels, then numbers": filled(deep[0], lambda n: str(n % 3), deep[1], size),
        "63 levels, then members": filled(objects[0] + "{", lambda n: f'"{n:x}":1', "}" + objects[1], size)
        .replace('{"a":', "", 1)
        .removesuffix("}"),
        "escapes": filled('{"a":["', lambda n: rf'"{chr(92)}u00{n % 64 + 64:x}"'[1:-1] * 100, '"]}', size),
        "one long string": '{"a":"' + "ä" * ((size - 8) // 2) + '"}',
        "one long name": '{"'
        + "n" * (size // 2)
        + '":'
        + filled("[", lambda n: str(n % 9), "]}", size // 2 - 6),
        "long numbers": filled('{"a":[', lambda _: "1" * 300, "]}", size),
        "spaces": "{" + "\n\t" * ((size - 2) // 2) + "}",
    }


def other(text: str) -> str:
    """A different document of the same kind."""
    swapped = text.translate(str.maketrans("012", "120"))
    return (
        swapped if swapped != text else text.replace("\n\t", "\t\n").replace("ä", "ö").replace("u00", "u01")
    )


# --- what is stored -------------------------------------------------------------------------------------


def mac(number: int) -> str:
    digits = f"02{number:010x}"
    return ":".join(digits[place : place + 2] for place in range(0, 12, 2))


def insert(database: Database, table: Table, rows: Iterator[dict[str, object]]) -> None:
    while batch := list(islice(rows, 2000)):
        with database.writing() as connection:
            connection.execute(table.insert(), batch)


def large(number: int) -> str:
    kinds = list(contents().values())
    return kinds[number % len(kinds)]


_NAME = "ä" * 240


def fleet(count: int) -> Iterator[tuple[int, ConfigContent]]:
    for number in range(1, count + 1):
        text = large(number) if number <= _LARGE else json.dumps({"deviceName": f"{_NAME}{number}"})
        yield number, ConfigContent.parse(text)


def wanted(number: int, content: ConfigContent) -> dict[str, object]:
    return {
        "mac_address": mac(number),
        "content": content.text,
        "etag": content.etag,
        "revision": 1,
        "change": "0" * 16,
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
    }


def fill(database: Database, scale: float) -> None:
    """Configs with names of the maximum length, a long history, deleted configs and pending notifications."""
    count = int(_CONFIGS * scale)

    def history() -> Iterator[dict[str, object]]:
        kinds = list(contents().values())
        for number in range(1, len(kinds) * 2 + 1):
            text = kinds[(number - 1) // 2] if number % 2 else other(kinds[(number - 1) // 2])
            yield revision(1, mac(1), number, "update", ConfigContent.parse(text))
        small = ConfigContent.parse("{}")
        for number in range(len(kinds) * 2 + 1, int(_REVISIONS * scale) + len(kinds) * 2 + 1):
            yield revision(1, mac(1), number, "update", small)
        for number in range(int(_DELETED * scale)):
            address = mac(2**32 + number)
            yield revision(2**40 + number, address, 1, "create", small)
            yield revision(2**40 + number, address, 2, "delete", None)

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

    known = (
        {"mac_address": mac(number), "last_revision": 9999, "last_document_number": 9999}
        for number in range(1, count + 1)
    )
    insert(database, revision_counters, known)
    insert(database, configs, starmap(wanted, fleet(count)))
    insert(database, documents, starmap(served, fleet(count)))
    insert(database, revisions, history())
    insert(database, notifications, backlog())


def revision(
    config: int, address: str, number: int, operation: str, content: ConfigContent | None
) -> dict[str, object]:
    return {
        "change": "0" * 16,
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


# --- the worst inputs -----------------------------------------------------------------------------------

_MANY_TAGS = ", ".join(f'"{number}"' for number in range(8000))
_LONG_HEADERS = {
    "a long If-None-Match": {"If-None-Match": _MANY_TAGS},
    "a long broken If-None-Match": {"If-None-Match": _MANY_TAGS + ' "'},
    "a long If-Match": {"If-Match": _MANY_TAGS + ', "1"'},
    "commas": {"If-None-Match": "," * 60_000},
    "a long bearer token": {"Authorization": "Bearer " + "a." * 30_000},
    "many cookies": {"Cookie": "; ".join(f"c{number}=v" for number in range(7000))},
    "a long cookie": {"Cookie": "iotconfig=" + '"\\' * 30_000},
    "a long Accept": {"Accept": ", ".join(f"a/b;q=0.{number}" for number in range(4000))},
    "a long Range": {"Range": "bytes=" + ",".join(f"{number}-" for number in range(8000))},
    "a long Forwarded": {"X-Forwarded-For": ", ".join(["1.2.3.4"] * 6000), "Forwarded": "for=1;" * 8000},
    "a long Origin": {"Origin": "http://" + "a" * 60_000, "Sec-Fetch-Site": "same-origin"},
}
_LONG_QUERIES = {
    "many parameters": "&".join(f"p{number}=1" for number in range(8000)),
    "one parameter again and again": "&".join(["limit=1"] * 8000),
    "a long parameter": "q=" + "%F0%9F%98%80" * 5000,
}


def bodies(size: int = _BYTES) -> Iterator[tuple[str, str]]:
    """Contents for a body, also ones that are refused."""
    for name, text in contents(size).items():
        yield name, text
    for name in ("many numbers", "many members", "63 levels, then numbers"):
        yield f"{name}, wrong at the end", contents(size - 40)[name].removesuffix("}") + ',"a":1,"a":2}'
    room = 6 * size
    yield "six times too large", contents(room)["many numbers"]
    yield "six times too large, members", contents(room)["many objects"]
    escaped = "".join(f"\\u{ord(character):04x}" for character in contents(size)["many numbers"])
    yield "every character an escape", f'"{escaped}"'
    yield "a string that never ends", '"' + '\\"' * (room // 2)
    yield "deeper than allowed", '{"a":' + "[" * (room // 2 - 10) + "]" * (room // 2 - 10) + "}"


def cases(template: str, method: str) -> Iterator[Case]:
    """The worst inputs of one method of a route. A route that has none fails the benchmark."""
    yield from _WORST[(method, template)](Case(method, template, "", _path(template)))


def _path(template: str) -> str:
    return (
        template.replace("{mac}.json", f"{mac(1)}.json")
        .replace("{mac}", mac(1))
        .replace("{segment}", "1")
        .replace("{number}", "3")
        .replace("{name}", "asset-1.bin")
    )


def plain(case: Case) -> Iterator[Case]:
    yield evolve(case, name="as it is")
    for name, headers in _LONG_HEADERS.items():
        yield evolve(case, name=name, headers=headers)
    for name, query in _LONG_QUERIES.items():
        yield evolve(case, name=name, query=query)


def with_content(case: Case) -> Iterator[Case]:
    """`content` in the body."""
    address = f'"mac_address":"{mac(2**33)}",' if case.template == "/api/configs" else ""
    for name, text in bodies():
        body = f'{{{address}"content":{text}}}'.encode()
        yield evolve(case, name=name, body=body)
        if case.template == "/api/configs/{segment}":
            yield evolve(case, name=f"dry run, {name}", body=body, query="dry_run=true")
    yield from plain(case)


def with_merge(case: Case) -> Iterator[Case]:
    headers = {"Content-Type": "application/merge-patch+json"}
    kinds = contents()
    for number, (name, text) in enumerate(kinds.items(), 1):
        for query in ("dry_run=true", ""):
            path = f"/api/configs/{number % len(kinds) + 1}"
            for what, patch in ((name, other(text)), (f"{name}, removed", text.replace(":1", ":null"))):
                yield evolve(
                    case, name=f"{what} {query}", headers=headers, body=patch.encode(), query=query, path=path
                )
    yield evolve(case, name="into a large one", headers=headers, body=b'{"b":1}', query="dry_run=true")


def with_message(case: Case) -> Iterator[Case]:
    for name, text in bodies():
        yield evolve(case, name=name, body=f'{{"message":{text}}}'.encode())


def listed(case: Case) -> Iterator[Case]:
    yield evolve(case, name="a page of a thousand", query="limit=1000")
    yield from plain(case)


def searched(case: Case) -> Iterator[Case]:
    yield from listed(case)
    for name, q in {
        "no match": "zzz",
        "all match": "%C3%A4",
        "a long search": "a" * 60_000,
        "NUL": "%00",
    }.items():
        yield evolve(case, name=name, query=f"limit=1000&q={q}")
    yield evolve(case, name="by flag", query="limit=1000&enable_ota=true")


def compared(case: Case) -> Iterator[Case]:
    for number, name in enumerate(contents()):
        yield evolve(case, name=name, query=f"from={2 * number + 1}&to={2 * number + 2}")
        yield evolve(case, name=f"{name}, and numbers", query=f"from=1&to={2 * number + 2}")


def reverted(case: Case) -> Iterator[Case]:
    for number, name in enumerate(contents()):
        for query in ("dry_run=true", ""):
            yield evolve(case, name=name, query=query, body=f'{{"revision":{2 * number + 1}}}'.encode())


def imported(case: Case) -> Iterator[Case]:
    ndjson = {"Content-Type": "application/x-ndjson"}
    line = '{"mac_address":"%s","content":%s}\n'
    for name, text in contents().items():
        body = "".join(line % (mac(2**34 + n), text.replace("\n", "")) for n in range(20))
        yield evolve(
            case, name=f"20 configs, {name}", headers=ndjson, body=body.encode(), query="dry_run=true"
        )
    same = "".join(line % (mac(1), "{}") for _ in range(20_000)).encode()
    new = "".join(line % (mac(2**34 + n), '{"a":1}') for n in range(50_000)).encode()
    for query in ("dry_run=true", "keep_going=true"):
        yield evolve(case, name="20,000 with one address", headers=ndjson, body=same, query=query)
        yield evolve(case, name="50,000 configs", headers=ndjson, body=new, query=query)
    yield evolve(case, name="one line of 60 MB", headers=ndjson, body=b"x" * 60_000_000)
    yield evolve(case, name="60 MB of line ends", headers=ndjson, body=b"\n" * 60_000_000)
    document = b'{"configs":[' + new.replace(b"\n", b",").removesuffix(b",") + b"]}"
    yield evolve(case, name="one document", body=document, query="dry_run=true")
    yield evolve(case, name="60 MB of brackets", body=b"[" * 60_000_000)
    yield evolve(case, name="60 MB of an open string", body=b'{"configs":[{"' + b'\\"' * 30_000_000)
    yield evolve(case, name="60 MB of spaces", body=b'{"configs":[' + b" " * 60_000_000)


def patched(case: Case) -> Iterator[Case]:
    for name in ("many objects", "63 levels, then numbers", "one long name"):
        body = f'{{"match":"02:00:00:00:00:0","merge":{contents()[name]}}}'.encode()
        yield evolve(case, name=f"15 large configs, {name}", body=body, query="dry_run=true")
    for query in ("dry_run=true", "keep_going=true"):
        yield evolve(case, name="every config", body=b'{"all":true,"merge":{"z":1}}', query=query)


def uploaded(case: Case) -> Iterator[Case]:
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'
    for name, body in {
        "16 MB": part + b"x" * 16_000_000 + b"\r\n--x--\r\n",
        "16 MB of line ends": part + b"\r\n" * 8_000_000 + b"\r\n--x--\r\n",
        "16 MB of almost the end": part + b"\r\n--" * 4_000_000 + b"\r\n--x--\r\n",
        "many parts": part.replace(b'"file"', b'"other"') * 20_000,
        "no part": b"\r\n" * 8_000_000,
    }.items():
        yield evolve(case, name=name, headers=kind, body=body)
    long = "multipart/form-data; " + "a=b; " * 12_000
    yield evolve(case, name="a long Content-Type", headers={"Content-Type": long}, body=b"x")
    yield evolve(
        case, name="a long boundary", headers={"Content-Type": f"{FORM}; boundary={'x' * 60_000}"}, body=part
    )


FORM = "multipart/form-data"
_WORST: dict[tuple[str, str], Callable[[Case], Iterator[Case]]] = {
    ("GET", "/api/assets"): plain,
    ("POST", "/api/assets"): uploaded,
    ("GET", "/api/assets/{name}"): plain,
    ("DELETE", "/api/assets/{name}"): plain,
    ("GET", "/api/configs/{mac}.json"): plain,
    ("GET", "/api/configs"): searched,
    ("POST", "/api/configs"): with_content,
    ("PUT", "/api/configs/by-mac/{mac}"): with_content,
    ("GET", "/api/configs/export"): plain,
    ("POST", "/api/configs/import"): imported,
    ("POST", "/api/configs/patch"): patched,
    ("GET", "/api/configs/{segment}"): plain,
    ("PUT", "/api/configs/{segment}"): with_content,
    ("PATCH", "/api/configs/{segment}"): with_merge,
    ("DELETE", "/api/configs/{segment}"): lambda case: plain(evolve(case, path="/api/configs/99")),
    ("POST", "/api/configs/{segment}/announce"): plain,
    ("GET", "/api/configs/{segment}/diff"): compared,
    ("POST", "/api/configs/{segment}/replace-device"): with_message,
    ("GET", "/api/configs/{segment}/revisions"): listed,
    ("GET", "/api/configs/{segment}/revisions/{number}"): plain,
    ("POST", "/api/configs/{segment}/rollback"): reverted,
    ("GET", "/api/deleted-configs"): listed,
    ("POST", "/api/deleted-configs/{segment}/restore"): with_message,
    ("GET", "/api/docs"): plain,
    ("GET", "/api/docs/style.css"): plain,
    ("GET", "/api/docs/openapi.json"): plain,
    ("GET", "/api/openapi.json"): plain,
    ("GET", "/api/health"): plain,
    ("GET", "/api/health/live"): plain,
    ("GET", "/api/health/ready"): plain,
    ("GET", "/api/images/lvgl"): plain,
    ("GET", "/api/auth/callback"): plain,
    ("GET", "/api/auth/login"): plain,
    ("GET", "/api/auth/logout"): plain,
    ("GET", "/api/auth/self"): plain,
    ("POST", "/api/auth/terminal"): plain,
    ("POST", "/api/auth/terminal/token"): plain,
    ("GET", "/metrics"): plain,
}


# --- sending them ---------------------------------------------------------------------------------------


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
