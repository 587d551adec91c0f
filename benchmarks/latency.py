"""Time from the commit of a change to its message at a subscriber, one change at a time on an idle service."""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from tests.support.listener import Listener
from tests.support.serving import COMMAND, environment

from benchmarks.harness import machine, mosquitto, percentile, postgresql
from iotconfig import ConfigContent, MacAddress, open_service

DEVICE = MacAddress.parse("02:00:00:00:00:01")


def delays(url: str, port: int, listener: Listener, changes: int) -> list[float]:
    """Milliseconds from each commit to the message."""
    relay = subprocess.Popen(
        [COMMAND, "relay"],
        env=environment(url, MQTT_URL=f"mqtt://127.0.0.1:{port}"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    found = []
    try:
        with open_service(url) as service:
            config, _ = service.configs.put(DEVICE, ConfigContent.parse("{}"))
            listener.wait_for(2)
            for number in range(changes):
                listener.forget()
                service.configs.update(config.id, ConfigContent.parse(f'{{"n": {number}}}'))
                committed = perf_counter()
                while not listener.received("/config"):
                    pass
                found.append((perf_counter() - committed) * 1000)
                listener.wait_for(2)
    finally:
        relay.terminate()
        relay.wait()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=100)
    changes = parser.parse_args().changes
    sys.setswitchinterval(0.0005)  # The waiting loop must not keep the listener's thread waiting.
    print(f"latency: {changes} changes; {machine()}")
    with ExitStack() as stack:
        directory = stack.enter_context(TemporaryDirectory())
        sqlite = f"sqlite:///{Path(directory) / 'configs.db'}"
        with open_service(sqlite, upgrade=True):
            pass
        (server_url,) = stack.enter_context(postgresql("latency"))
        for name, url in (("PostgreSQL", server_url), ("SQLite", sqlite)):
            with mosquitto() as broker, Listener(broker.port) as listener:
                found = delays(url, broker.port, listener, changes)
            print(
                f"  {name:10}  median {statistics.median(found):6.1f} ms, p99 {percentile(found, 0.99):6.1f} ms"
                "   (median below 100 ms)"
            )


if __name__ == "__main__":
    main()
