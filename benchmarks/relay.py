"""How fast the relay drains pending notifications, against a bare paho publisher with the same window.

Both publish to one broker in turns; the figures are messages a second (each
notification is two messages). The relay reads its rows from PostgreSQL and
removes them there.
"""

from __future__ import annotations

import argparse
import random
from threading import Event, Semaphore
from time import perf_counter
from typing import Any

import psycopg
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from benchmarks.harness import machine, mosquitto, postgresql, rounds
from iotconfig.adapters.mqtt import Broker, MqttPublisher
from iotconfig.adapters.sql.announcing import SqlNotificationQueue
from iotconfig.adapters.sql.engine.postgresql import PostgresqlDatabase
from iotconfig.adapters.sql.engine.timeouts import Timeouts
from iotconfig.adapters.sql.engine.url import DatabaseUrl
from iotconfig.adapters.sql.jobs.postgresql import PostgresqlLease, PostgresqlSession
from iotconfig.domain.announcing.relay import Relay
from iotconfig.entrypoints.wiring.clock import utc_now

_FILL = """
INSERT INTO notifications (kind, key, generation, restart_hint, document_number, etag, updated_at, since, due_at, refusals, parked)
SELECT 'config', '02:00:00:' || to_char(n / 10000, 'FM00') || ':' || to_char(n / 100 %% 100, 'FM00') || ':'
       || to_char(n %% 100, 'FM00'), n, true, 7, '"0123456789abcdef0123456789abcdef"', now(), now(), now(), 0, false
FROM generate_series(0, %s) AS n
"""


def bare(port: int, window: int, count: int) -> float:
    """Messages per second of paho alone, with a full window of unacknowledged messages."""
    permits, connected = Semaphore(window), Event()
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    client.max_inflight_messages_set(window)
    client.on_connect = lambda *_: connected.set()

    def answered(*_: Any) -> None:
        permits.release()

    client.on_publish = answered
    client.connect("127.0.0.1", port)
    client.loop_start()
    assert connected.wait(10)
    payload = '{"mac_address": "02:00:00:00:00:00", "revision": 7, "etag": "\\"0123456789abcdef0123456789abcdef\\""}'
    begun = perf_counter()
    for number in range(count):
        permits.acquire()
        client.publish(f"bare/devices/{number % 10_000}/config", payload, qos=1, retain=number % 2 == 0)
    for _ in range(window):
        permits.acquire()
    took = perf_counter() - begun
    client.disconnect()
    client.loop_stop()
    return count / took


def drained(url: str, port: int, window: int, notifications: int) -> float:
    """Messages per second of the relay, until no notification is pending."""
    with psycopg.connect(url) as connection:
        connection.execute(_FILL, [notifications - 1])
    address = DatabaseUrl.parse(url).url
    database = PostgresqlDatabase(address, Timeouts())
    publisher = MqttPublisher(
        Broker.parse(f"mqtt://127.0.0.1:{port}"),
        prefix="iotsupport",
        client_id="bench",
        window=window,
        timeout=10,
    )
    queue = SqlNotificationQueue(database)
    relay = Relay(
        queue,
        publisher,
        PostgresqlLease(PostgresqlSession(address, Timeouts()), "relay"),
        utc_now,
        random.random,
    )
    publisher.connect()
    begun = perf_counter()
    while not relay.run_once().wakes:
        pass
    took = perf_counter() - begun
    assert queue.backlog().pending == 0
    relay.close()
    database.close()
    return 2 * notifications / took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notifications", type=int, default=10_000)
    parser.add_argument("--window", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with postgresql("drained") as (url,), mosquitto() as broker:
        medians = rounds(
            {
                "bare": lambda: bare(broker.port, given.window, 2 * given.notifications),
                "relay": lambda: drained(url, broker.port, given.window, given.notifications),
            },
            given.rounds,
        )
    print(f"relay: {given.notifications} notifications, window {given.window}; {machine()}")
    print(f"  bare paho publisher  {medians['bare']:10,.0f} messages/s")
    print(f"  relay                {medians['relay']:10,.0f} messages/s")
    print(f"  ratio                {medians['relay'] / medians['bare']:10.2f}   (at least 0.40)")


if __name__ == "__main__":
    main()
