"""Reports over MQTT beside the relay: how many are recorded, what they cost, and whether changes are announced as soon.

One process has the relay and the subscriber. Devices report at a rate, each report different from the last one.
Changes of another device are made meanwhile, in turns with and without reports. Then as many reports as asked for wait
at the broker, retained, while no subscriber is there.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from time import perf_counter, sleep

from attrs import field, frozen
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from tests.support.listener import Listener
from tests.support.mosquitto import Mosquitto
from tests.support.processes import forget_peak_memory, peak_memory
from tests.support.schema import rows
from tests.support.serving import COMMAND, environment

from benchmarks.harness import machine, percentile, postgresql, processor_seconds
from iotconfig import BulkEntry, ConfigContent, ImportOptions, MacAddress, open_service

_CHANGED = MacAddress.parse("06:00:00:00:00:01")
_PATIENCE = 300.0


def _mac(number: int) -> MacAddress:
    return MacAddress.parse(f"02{number:010x}")


@frozen
class Devices:
    """Devices that report, over one connection, as MQTT 3.1.1 clients do."""

    count: int
    _client: Client = field(init=False)

    @_client.default
    def _make_client(self) -> Client:
        client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv311)
        client.max_inflight_messages_set(1000)
        return client

    def connect(self, port: int) -> None:
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def report(self, first: int, count: int) -> None:
        """Send reports with these numbers, and wait for the broker."""
        info = None
        for number in range(first, first + count):
            payload = json.dumps(
                {"outcome": "applied", "etag": f'"{number}"', "firmware": "1.4.2", "n": number}
            )
            topic = f"iotsupport/devices/{_mac(number % self.count)}/report"
            info = self._client.publish(topic, payload, qos=1, retain=True)
        if info is not None:
            info.wait_for_publish(_PATIENCE)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@contextmanager
def _jobs(url: str, port: int) -> Iterator[int]:
    """The relay and the subscriber in one process; gives its process id."""
    process = subprocess.Popen(
        [COMMAND, "relay"],
        env=environment(url, MQTT_URL=f"mqtt://127.0.0.1:{port}"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def _newest_number(url: str) -> int:
    ((found,),) = rows(url, "SELECT max(report_number) FROM device_evidence")
    return int(str(found or 0))


def _wait_for_number(url: str, number: int) -> None:
    until = perf_counter() + _PATIENCE
    while _newest_number(url) < number:
        assert perf_counter() < until, f"report {number} is not recorded"
        sleep(0.01)


@frozen
class Announced:
    """Changes of one device, and the time until each is announced."""

    url: str
    listener: Listener

    def delays(self, count: int, first: int) -> list[float]:
        """Milliseconds from each commit to the message; ten changes a second."""
        found = []
        with open_service(self.url) as service:
            for number in range(first, first + count):
                self.listener.forget()
                service.configs.put(_CHANGED, ConfigContent.parse(f'{{"n": {number}}}'))
                committed = perf_counter()
                while not self.listener.received("/config"):
                    sleep(0.0002)
                found.append((perf_counter() - committed) * 1000)
                sleep(0.1)
        return found


def _report_steadily(devices: Devices, rate: int, stop: Event, sent: list[int]) -> None:
    """Send a tenth of the rate each tenth of a second, until `stop`; `sent` counts."""
    due = perf_counter()
    while not stop.is_set():
        devices.report(sent[0], rate // 10)
        sent[0] += rate // 10
        due += 0.1
        stop.wait(max(0.0, due - perf_counter()))


def measure(name: str, url: str, given: argparse.Namespace) -> None:
    """Print the figures on one database."""
    with open_service(url) as service:
        entries = [BulkEntry(str(n), _mac(n), ConfigContent.parse("{}")) for n in range(given.devices)]
        service.bulk.load(entries, ImportOptions())
        service.configs.put(_CHANGED, ConfigContent.parse("{}"))
    with ExitStack() as stack:
        directory = Path(stack.enter_context(TemporaryDirectory()))
        broker = Mosquitto(directory, "max_queued_messages 0", verbose=False)
        stack.callback(broker.stop)
        listener = stack.enter_context(Listener(broker.port, f"iotsupport/devices/{_CHANGED}/config"))
        devices = Devices(given.devices)
        devices.connect(broker.port)
        stack.callback(devices.close)
        announced = Announced(url, listener)
        quiet: list[float] = []
        busy: list[float] = []
        sent = [1]
        with _jobs(url, broker.port) as pid:
            listener.wait_for(1)
            forget_peak_memory(pid)
            before = peak_memory(pid)
            for number in range(given.rounds):
                quiet += announced.delays(given.changes, 2 * number * given.changes)
                stop = Event()
                reporting = Thread(target=_report_steadily, args=(devices, given.rate, stop, sent))
                reporting.start()
                busy += announced.delays(given.changes, (2 * number + 1) * given.changes)
                stop.set()
                reporting.join()
                _wait_for_number(url, sent[0] - 1)
            burned, begun, first = processor_seconds(pid), perf_counter(), sent[0]
            devices.report(first, given.waiting)
            published = perf_counter() - begun
            _wait_for_number(url, first + given.waiting - 1)
            took = perf_counter() - begun
            cost = (processor_seconds(pid) - burned) / given.waiting
            memory = peak_memory(pid) - before
        sent[0] += given.waiting
        devices.report(sent[0], given.waiting)
        with _jobs(url, broker.port):
            begun = perf_counter()
            _wait_for_number(url, sent[0] + given.waiting - 1)
            waited = perf_counter() - begun
    print(f"  {name}")
    for what, found in (("without reports", quiet), (f"beside {given.rate:,} reports/s", busy)):
        print(
            f"    announced {what:24}  median {statistics.median(found):6.1f} ms, p99 {percentile(found, 0.99):6.1f} ms"
        )
    print(f"    as fast as the broker takes them   {given.waiting / published:9,.0f} reports/s published")
    print(f"    recorded                           {given.waiting / took:9,.0f} reports/s (above 1,000)")
    print(f"    processor time                     {1e6 * cost:9,.0f} us a report")
    print(f"    memory of the process              {memory / 1024:+9.1f} MiB at most")
    print(f"    {given.waiting:,} that waited for the process {waited:10.1f} s with its start")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=10_000)
    parser.add_argument("--rate", type=int, default=1_000)
    parser.add_argument("--changes", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--waiting", type=int, default=10_000)
    given = parser.parse_args()
    sys.setswitchinterval(0.0005)
    print(f"device messages: {given.devices:,} devices; {machine()}")
    with ExitStack() as stack:
        directory = stack.enter_context(TemporaryDirectory())
        sqlite = f"sqlite:///{Path(directory) / 'configs.db'}"
        with open_service(sqlite, upgrade=True):
            pass
        (server_url,) = stack.enter_context(postgresql("messages"))
        measure("SQLite", sqlite, given)
        measure("PostgreSQL", server_url, given)


if __name__ == "__main__":
    main()
