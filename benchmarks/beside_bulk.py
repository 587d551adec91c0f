"""Fetches from the only worker while it receives an import and a patch of 100,000 configs."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from time import perf_counter, sleep

from tests.support.http import Answer, Client
from tests.support.serving import Serve

from benchmarks.fleet import records, write
from benchmarks.harness import machine, postgresql
from iotconfig.adapters.sql.engine.url import DatabaseUrl
from iotconfig.adapters.sql.migrations import Migrations

_ASKED_EVERY = 0.01


def fetch_until(address: tuple[str, int], path: str, done: Event) -> list[float]:
    """The seconds of each fetch, one after the other on one connection, until `stop` is set."""
    found = []
    connection = HTTPConnection(*address, timeout=120)
    while not done.is_set():
        begun = perf_counter()
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200
        found.append(perf_counter() - begun)
        sleep(_ASKED_EVERY)
    connection.close()
    return found


def beside(client: Client, path: str, work: Callable[[], Answer]) -> str:
    done = Event()
    with ThreadPoolExecutor(1) as threads:
        fetching = threads.submit(fetch_until, client.address, path, done)
        begun = perf_counter()
        try:
            answer = work()
        finally:
            done.set()
        seconds = perf_counter() - begun
        assert answer.status == 200, answer.body
        found = sorted(fetching.result())
    p99 = found[min(len(found) - 1, len(found) * 99 // 100)]
    middle, longest = found[len(found) // 2], found[-1]
    return (
        f"{seconds:7.2f} s   fetches beside it: {len(found):6,}   median {middle * 1000:7.1f} ms"
        f"   p99 {p99 * 1000:7.1f} ms   longest {longest * 1000:7.1f} ms"
    )


def run(url: str, directory: Path, count: int) -> None:
    Migrations(DatabaseUrl.parse(url)).upgrade()
    source = directory / "fleet.ndjson"
    write(source, count)
    first = next(iter(records(1)))[0]
    path = f"/api/configs/{first}.json"
    with Serve(url, directory / "serve.log", workers=1) as serve:
        client = Client(serve.client.base_url, timeout=600)
        client.send_json("PUT", f"/api/configs/by-mac/{first}", {"content": {}})
        body = source.read_bytes()
        ndjson = {"Content-Type": "application/x-ndjson"}
        patch = json.dumps({"all": True, "merge": {"patched": True}}).encode()
        for about, work in (
            (
                "dry run of the import",
                lambda: client.request(
                    "POST", "/api/configs/import?dry_run=true&on_conflict=replace", body, ndjson
                ),
            ),
            (
                "import",
                lambda: client.request("POST", "/api/configs/import?on_conflict=replace", body, ndjson),
            ),
            (
                "patch",
                lambda: client.request(
                    "POST", "/api/configs/patch", patch, {"Content-Type": "application/json"}
                ),
            ),
            ("export", lambda: client.get("/api/configs/export")),
        ):
            print(f"  {about:24} {beside(client, path, work)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    given = parser.parse_args()
    print(f"beside bulk work: {given.records:,} configs, one worker; {machine()}")
    with TemporaryDirectory() as directory:
        print("SQLite")
        run(f"sqlite:///{directory}/configs.db", Path(directory), given.records)
    with postgresql("beside") as (url,), TemporaryDirectory() as directory:
        print("PostgreSQL")
        run(url, Path(directory), given.records)


if __name__ == "__main__":
    main()
