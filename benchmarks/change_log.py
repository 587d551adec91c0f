"""The change log on PostgreSQL: updates per second with a distant standby, and changes behind an open transaction."""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from queue import Queue
from statistics import median
from tempfile import TemporaryDirectory
from threading import Thread
from time import monotonic

import psycopg
from tests.support.postgres import PostgresServer, create_database, tools
from tests.support.serving import Serve
from tests.support.waiting import wait_until

from benchmarks.harness import machine, percentile
from benchmarks.writes import WRITERS, over_http
from iotconfig import ConfigContent, MacAddress
from iotconfig.adapters.sql.engine.url import DatabaseUrl
from iotconfig.adapters.sql.migrations import Migrations
from iotconfig.entrypoints.settings import Settings
from iotconfig.entrypoints.wiring.services import open_services

_BLOCK = 65536


@contextmanager
def delayed(target: int, seconds: float) -> Iterator[int]:
    """A local port that forwards one connection to `target`; each byte arrives `seconds` later, in both directions."""
    ports: Queue[tuple[int, Callable[[], object]]] = Queue()

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        while data := await reader.read(_BLOCK):
            loop.call_later(seconds, writer.write, data)
        loop.call_later(seconds, writer.close)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", target)
        with suppress(asyncio.CancelledError):
            await asyncio.gather(forward(reader, far_writer), forward(far_reader, writer))

    async def listen() -> None:
        stopped = asyncio.Event()
        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        stop = partial(asyncio.get_running_loop().call_soon_threadsafe, stopped.set)
        ports.put((server.sockets[0].getsockname()[1], stop))
        await stopped.wait()

    thread = Thread(target=lambda: asyncio.run(listen()), name="delay")
    thread.start()
    port, stop = ports.get()
    try:
        yield port
    finally:
        stop()
        thread.join()


@contextmanager
def synchronous_standby(server: PostgresServer, distance: float) -> Iterator[None]:
    """Every commit waits for a receiver of the log whose answers take `distance` seconds, there and back."""
    with (
        delayed(server.port, distance / 2) as port,
        TemporaryDirectory() as directory,
        subprocess.Popen(
            [tools() / "pg_receivewal", "-D", directory, "--synchronous", "--no-loop", "-h", "127.0.0.1", "-p", str(port)],
            env={**os.environ, "PGUSER": "postgres", "PGAPPNAME": "distant"},
            stderr=subprocess.DEVNULL,
        ) as receiver,
        psycopg.connect(server.base_url, autocommit=True) as administrator,
    ):  # fmt: skip
        try:
            administrator.execute("ALTER SYSTEM SET synchronous_standby_names = 'distant'")
            administrator.execute("SELECT pg_reload_conf()")
            is_synchronous = "SELECT true FROM pg_stat_replication WHERE sync_state = 'sync'"
            wait_until(lambda: administrator.execute(is_synchronous).fetchone(), "the standby is synchronous")
            yield
            administrator.execute("ALTER SYSTEM RESET synchronous_standby_names")
            administrator.execute("SELECT pg_reload_conf()")
        finally:
            receiver.terminate()


def delays(url: str, seconds: float) -> list[float]:
    """The seconds from each commit until a reader has the change, while another writer's transaction is open."""
    found: list[float] = []
    with (
        psycopg.connect(url) as open_writer,
        open_services(Settings.from_environ({"DATABASE_URL": url})) as services,
    ):
        store, device = services.persistence.store, MacAddress.parse("02:00:00:00:00:01")
        services.configs.put(device, ConfigContent.parse('{"n": 0}'))
        open_writer.execute(
            "INSERT INTO changes (change, kind, subject, operation, revision, author, created_at) "
            "VALUES ('open', 'config', '02:00:00:00:00:02', 'create', 1, 'a', now())"
        )
        position = store.changes_since(0, 1)[-1].position
        end = monotonic() + seconds
        while monotonic() < end:
            services.configs.put(device, ConfigContent.parse(f'{{"n": {len(found) + 1}}}'))
            committed = monotonic()
            while not (page := store.changes_since(position, 1)):
                pass
            found.append(monotonic() - committed)
            position = page[0].position
        open_writer.commit()
        assert "02:00:00:00:00:02" == store.changes_since(position, 1)[0].subject.key
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="of updates, for each figure")
    parser.add_argument("--distance", type=float, default=0.008, help="seconds to the standby and back")
    parser.add_argument(
        "--open", type=float, default=60.0, help="seconds for which the other transaction is open"
    )
    given = parser.parse_args()
    server = PostgresServer()
    try:
        url, quiet = (create_database(server.base_url, name) for name in ("updated", "quiet"))
        for each in (url, quiet):
            Migrations(DatabaseUrl.parse(each)).upgrade()
        with (
            TemporaryDirectory() as directory,
            Serve(url, Path(directory) / "serve.log", workers=2) as serve,
        ):
            near = over_http(serve.client, given.seconds)
            with synchronous_standby(server, given.distance):
                far = over_http(serve.client, given.seconds)
        waits = delays(quiet, given.open)
    finally:
        server.close()
    print(f"change log: {WRITERS} connections; {machine()}")
    print(f"  without a standby                 {near:8,.0f} updates/s")
    print(
        f"  a standby {given.distance * 1000:3.0f} ms away              {far:8,.0f} updates/s   (at least 500)"
    )
    print(
        f"  changes of others beside a transaction that is open for {given.open:.0f} s: read {1000 * median(waits):.1f} ms "
        f"(median), {1000 * percentile(waits, 1.0):.0f} ms (longest) after their commit   (at most 2,000)"
    )


if __name__ == "__main__":
    main()
