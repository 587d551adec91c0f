"""Two connection pools under load: SQLAlchemy's, and psycopg's behind SQLAlchemy.

One gevent process, as a worker is, and a device's fetch straight from the store;
each contestant has eight connections.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import argparse  # noqa: E402 - psycopg looks for gevent's patches when it is imported
import statistics  # noqa: E402
from collections.abc import Callable  # noqa: E402
from time import perf_counter  # noqa: E402

import gevent  # noqa: E402
from sqlalchemy import bindparam, create_engine, select  # noqa: E402

from benchmarks.harness import machine, percentile, postgresql  # noqa: E402
from iotconfig.adapters.sql.engine.postgresql import PostgresqlDatabase  # noqa: E402
from iotconfig.adapters.sql.engine.timeouts import Timeouts  # noqa: E402
from iotconfig.adapters.sql.engine.url import DatabaseUrl  # noqa: E402
from iotconfig.adapters.sql.store import SqlStore  # noqa: E402
from iotconfig.adapters.sql.tables import documents  # noqa: E402
from iotconfig.domain.configs.service import ConfigService  # noqa: E402
from iotconfig.domain.documents.content import ConfigContent  # noqa: E402
from iotconfig.domain.mac import MacAddress  # noqa: E402
from iotconfig.entrypoints.wiring.clock import utc_now  # noqa: E402

DEVICE = MacAddress.parse("02:00:00:00:00:01")
CONNECTIONS = 8

_DOCUMENT = select(documents.c.number, documents.c.body, documents.c.etag).where(
    documents.c.mac_address == bindparam("key")
)


def crowd(fetch: Callable[[], object], clients: int, seconds: float) -> tuple[float, float]:
    """Fetches per second, and their p99 in milliseconds, with this number of concurrent clients."""
    took: list[float] = []
    until = perf_counter() + seconds

    def client() -> None:
        while (begun := perf_counter()) < until:
            fetch()
            took.append((perf_counter() - begun) * 1000)

    gevent.joinall([gevent.spawn(client) for _ in range(clients)], raise_error=True)
    return len(took) / seconds, percentile(took, 0.99)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    print(f"pools: {CONNECTIONS} connections; {machine()}")
    with postgresql("pools") as (url,):
        address = DatabaseUrl.parse(url).url
        database = PostgresqlDatabase(address, Timeouts(pool=60, watchdog=60), CONNECTIONS)
        service = ConfigService(SqlStore(database), utc_now)
        service.put(DEVICE, ConfigContent.parse('{"deviceName": "Porch"}'))
        engine = create_engine(
            address, pool_size=CONNECTIONS, max_overflow=0, pool_timeout=60, use_native_hstore=False
        )
        reader = engine.execution_options(isolation_level="AUTOCOMMIT")

        def through_sqlalchemy() -> object:
            with reader.connect() as connection:
                return connection.execute(_DOCUMENT, {"key": str(DEVICE)}).one()

        contestants = {
            "SQLAlchemy's pool": through_sqlalchemy,
            "psycopg's pool": lambda: service.document(DEVICE),
        }
        for clients in (16, 256):
            samples: dict[str, list[tuple[float, float]]] = {name: [] for name in contestants}
            for _ in range(given.rounds):
                for name, fetch in contestants.items():
                    samples[name].append(crowd(fetch, clients, given.seconds))
            for name, found in samples.items():
                rate = statistics.median(rate for rate, _ in found)
                p99 = statistics.median(p99 for _, p99 in found)
                print(f"  {clients:3} clients  {name:18} {rate:8,.0f} fetches/s   p99 {p99:7.1f} ms")
        engine.dispose()
        database.close()


if __name__ == "__main__":
    main()
