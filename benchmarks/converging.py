"""Time from the commit of one change to all devices until each is in sync: devices that fetch after the broker's message.

Each simulated device has a connection to the broker, fetches the document on a new HTTP connection, and reports it
with a second fetch, as `examples/esp32` does. It is in sync when that is answered: the evidence is then stored.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from faults.fleet import address
from faults.wire import allow_descriptors, exchange
from paho.mqtt.client import Client as MqttClient
from paho.mqtt.client import MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from tests.support.http import Answer, Client
from tests.support.serving import Serve
from tests.support.waiting import wait_until
from tests.support.wire import request_bytes

from benchmarks.harness import machine, mosquitto, percentile, postgresql
from iotconfig import open_service

_PATIENCE: Final = 60.0
_ANSWERED: Final = (200, 304)


class Board:
    """One device, on the event loop."""

    def __init__(self, number: int, port: int, broker_port: int) -> None:
        self.synced_at = 0.0
        """When the report of the newest document was answered, in seconds since 1970."""
        self.failures = 0
        self.etag = ""
        self._mac = address(number)
        self._port = port
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._client = MqttClient(CallbackAPIVersion.VERSION2)
        self._client.on_socket_open = self._read_from
        self._client.on_socket_close = self._leave
        self._client.on_socket_register_write = self._write_to
        self._client.on_socket_unregister_write = self._written
        self._client.on_connect = lambda client, *_: client.subscribe(
            f"iotsupport/devices/{self._mac}/config", qos=1
        )
        self._client.on_message = self._told
        self._client.connect("127.0.0.1", broker_port, keepalive=600)

    async def run(self) -> None:
        """Fetch after each message that names another document."""
        while True:
            await self._news.wait()
            self._news.clear()
            while not await self._follow():
                self.failures += 1
                await asyncio.sleep(0.5)

    def close(self) -> None:
        self._client.disconnect()

    # What paho wants of an event loop.
    def _read_from(self, client: MqttClient, _data: Any, sock: Any) -> None:
        self._loop.add_reader(sock, client.loop_read)

    def _leave(self, _client: MqttClient, _data: Any, sock: Any) -> None:
        self._loop.remove_reader(sock)

    def _write_to(self, client: MqttClient, _data: Any, sock: Any) -> None:
        self._loop.add_writer(sock, client.loop_write)

    def _written(self, _client: MqttClient, _data: Any, sock: Any) -> None:
        self._loop.remove_writer(sock)

    def _told(self, _client: MqttClient, _data: Any, message: MQTTMessage) -> None:
        if message.payload and json.loads(message.payload)["etag"] != self.etag:
            self._news.set()

    async def _follow(self) -> bool:
        """Fetch the document, and report it. Returns whether both were answered."""
        answer = await self._fetch()
        if answer is None:
            return False
        self.etag = answer.headers["etag"]
        if await self._fetch(f"applied; etag={self.etag}") is None:
            return False
        self.synced_at = time.time()
        return True

    async def _fetch(self, report: str = "") -> Answer | None:
        headers = {"If-None-Match": self.etag} if self.etag else {}
        if report:
            headers["Config-Report"] = report
        request = request_bytes("GET", f"/api/configs/{self._mac}.json", headers=headers)
        try:
            answer = await exchange(self._port, request, _PATIENCE)
        except (OSError, TimeoutError):
            return None
        is_kept = "config-report-error" not in answer.headers
        return answer if answer.status in _ANSWERED and is_kept else None


def _send(client: Client, path: str, body: object) -> Any:
    answer = client.send_json("POST", path, body)
    assert answer.status == 200, answer.body[:500]
    return answer.json()


async def _until_all(boards: Sequence[Board], since: float) -> None:
    async with asyncio.timeout(120):
        while not all(board.synced_at >= since for board in boards):
            await asyncio.sleep(0.01)


async def _change(client: Client, boards: Sequence[Board], value: int) -> tuple[list[float], float]:
    """Change all documents at once. Returns the seconds of each device, and those until the list shows all in sync."""
    loop = asyncio.get_running_loop()
    since = time.time()
    body = {"all": True, "merge": {"value": value}}
    await loop.run_in_executor(None, _send, client, "/api/configs/patch", body)
    await _until_all(boards, since)
    committed = client.get(f"/api/configs/{address(0)}").json()["updated_at"]
    commit = datetime.fromisoformat(committed).timestamp()

    def all_are_listed() -> bool:
        return bool(client.get("/api/devices?limit=1").json()["counts"]["in_sync"] == len(boards))

    await loop.run_in_executor(None, wait_until, all_are_listed, "the list shows them in sync")
    return [board.synced_at - commit for board in boards], time.time() - commit


async def _measure(serve: Serve, broker_port: int, devices: int, changes: int) -> str:
    client = serve.client
    configs = [{"mac_address": address(number), "content": {"value": 0}} for number in range(devices)]
    _send(client, "/api/configs/import", {"configs": configs})
    boards = [Board(number, client.address[1], broker_port) for number in range(devices)]
    async with asyncio.TaskGroup() as running:
        tasks = [running.create_task(board.run()) for board in boards]
        await _until_all(boards, 0.001)
        found, listed = [], []
        for value in range(1, changes + 1):
            seconds, until_listed = await _change(client, boards, value)
            found += seconds
            listed.append(until_listed)
        for task, board in zip(tasks, boards, strict=True):
            task.cancel()
            board.close()
    return (
        f"median {statistics.median(found):5.2f} s, p99 {percentile(found, 0.99):5.2f} s, last {max(found):5.2f} s;"
        f" listed in sync after {statistics.median(listed):5.2f} s; {sum(b.failures for b in boards)} fetched again"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=1000)
    parser.add_argument("--changes", type=int, default=5)
    given = parser.parse_args()
    allow_descriptors()
    print(f"converging: {given.devices} devices, {given.changes} changes to all; {machine()}")
    with ExitStack() as stack:
        directory = Path(stack.enter_context(TemporaryDirectory()))
        sqlite = f"sqlite:///{directory / 'configs.db'}"
        with open_service(sqlite, upgrade=True):
            pass
        (server_url,) = stack.enter_context(postgresql("converging"))
        for name, url in (("PostgreSQL", server_url), ("SQLite", sqlite)):
            # One address stands for as many as there are devices.
            env = {"IOTCONFIG_CONNECTIONS_PER_ADDRESS": "100000"}
            with (
                mosquitto() as broker,
                Serve(url, directory / "log", workers=2, MQTT_URL=broker.url, **env) as serve,
            ):
                print(
                    f"  {name:10}  {asyncio.run(_measure(serve, broker.port, given.devices, given.changes))}"
                )


if __name__ == "__main__":
    main()
