"""The example of a device as a process: it fetches again after a hint, and recovers from faults."""

from __future__ import annotations

import shlex
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.documented import commands
from tests.support.http import Client
from tests.support.listener import Listener
from tests.support.markdown import blocks
from tests.support.mosquitto import Mosquitto
from tests.support.serving import Serve, environment, run_command
from tests.support.waiting import wait_until

_ROOT = Path(__file__).parents[2]
_DEVICE = _ROOT / "examples" / "simulated_device" / "device.py"
MAC = "02:00:00:00:00:01"


class Board:
    """A running simulated device."""

    def __init__(self, server: str, broker: Mosquitto, log: Path, *arguments: str) -> None:
        self._log = log
        command = [sys.executable, str(_DEVICE), "--mac", MAC, "--server", server]
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [*command, "--broker-port", str(broker.port), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def wait_said(self, text: str, times: int = 1) -> None:
        """Wait until it has printed that; it must still run."""
        wait_until(lambda: self.said().count(text) >= times, f"the device says {text!r}", 30.0)
        assert self.process.poll() is None, self.said()

    def said(self) -> str:
        return self._log.read_text()

    def stop(self) -> None:
        self.process.kill()
        self.process.wait(timeout=20)


@pytest.fixture
def serve(start_serve: Callable[..., Serve], sqlite_url: str, broker: Mosquitto) -> Serve:
    """A service with a broker."""
    return start_serve(sqlite_url, workers=1, MQTT_URL=broker.url)


@pytest.fixture
def board(serve: Serve, broker: Mosquitto, tmp_path: Path) -> Iterator[Board]:
    """A board that started before its config was created."""
    board = Board(serve.client.base_url, broker, tmp_path / "board.log")
    yield board
    board.stop()


def put(client: Client, **members: object) -> None:
    answer = client.send_json("PUT", f"/api/configs/by-mac/{MAC}", {"content": members})
    assert answer.status in (200, 201), answer.body


def test_a_device_reads_its_configuration_again_when_it_changes(serve: Serve, board: Board) -> None:
    """Changes over HTTP and from the command line; deletions and changes of other devices have no effect."""
    board.wait_said("no configuration yet")
    put(serve.client, volume=1)
    board.wait_said('configuration: {"volume": 1}')
    changed = run_command("config", "set", MAC, '{"volume": 2}', env=environment(serve.database_url))
    assert 0 == changed.returncode, changed.stderr
    board.wait_said('configuration: {"volume": 2}')
    config_id = serve.client.get("/api/configs").json()["configs"][0]["id"]
    assert 204 == serve.client.request("DELETE", f"/api/configs/{config_id}").status
    put(serve.client, volume=3)
    board.wait_said('configuration: {"volume": 3}')

    assert 3 == board.said().count("configuration: {")
    assert 1 == board.said().count("no configuration yet")


def shown(client: Client) -> Any:
    """The device as operators see it."""
    answer = client.get(f"/api/devices/{MAC}")
    assert 200 == answer.status
    return answer.json()


def test_an_operator_sees_a_refusal_and_mends_it(serve: Serve, board: Board) -> None:
    """The device reports at once, and does not fetch the refused document again."""
    board.wait_said("no configuration yet")
    put(serve.client, brightness=150)
    board.wait_said("refused: /brightness: 150 > 100")
    board.wait_said("reported")
    refused = shown(serve.client)
    assert ("rejected", None, "1.0.0") == (refused["state"], refused["held"], refused["firmware"])
    assert refused["why"].startswith("Refused 1 at /brightness: 150 > 100; seen ")

    put(serve.client, brightness=100)
    board.wait_said('configuration: {"brightness": 100}')
    board.wait_said("reported", 2)
    assert ("in_sync", 2) == (shown(serve.client)["state"], shown(serve.client)["held"])
    assert 1 == board.said().count("refused: ")


def test_the_tutorial_ends_with_a_refusal_that_is_mended(serve: Serve, board: Board) -> None:
    """Its commands, with the device beside them: what it prints, and what the operator sees."""
    page = (_ROOT / "docs" / "tutorial.md").read_text()
    steps, _, _ = page.partition("\n## 9. ")
    env = environment(serve.database_url)
    board.wait_said("no configuration yet")

    def has_followed() -> bool:
        device = serve.client.get(f"/api/devices/{MAC}")
        return device.status == 404 or device.json()["state"] in ("in_sync", "rejected")

    shown = []
    for block in blocks(steps):
        if block.language == "text":
            for line in block.text.splitlines():
                board.wait_said(line)
        for command in commands(block) if block.language == "console" else ():
            program, *arguments = shlex.split(command.text)
            if program != "iotconfig" or "serve" in arguments:
                continue
            done = run_command(*arguments, env=env)
            assert 0 == done.returncode, done.stderr
            wait_until(has_followed, f"the device has followed: {command.text}")
            shown += [line for line in command.output if line != "…"]
            printed = done.stdout.decode()
            parts = [part.split() for line in command.output for part in line.split("…")]
            assert [] == [part for part in parts if " ".join(part) not in " ".join(printed.split())]

    assert len(shown) >= 5
    assert 1 == board.said().count("refused: ")
    assert "in_sync" == serve.client.get(f"/api/devices/{MAC}").json()["state"]


def test_a_device_may_report_by_message(serve: Serve, broker: Mosquitto, tmp_path: Path) -> None:
    """Retained; another topic says whether it is connected, by its last will, too."""
    firmware = '2.0 "é"' + "x" * 40
    put(serve.client, brightness=9)
    topic = f"iotsupport/devices/{MAC.replace(':', '')}"
    board = Board(serve.client.base_url, broker, tmp_path / "b", "--reports-by-mqtt", "--firmware", firmware)
    try:
        with (
            Listener(broker.port, f"{topic}/report") as reports,
            Listener(broker.port, f"{topic}/online") as online,
        ):
            (applied,) = reports.wait_for(1)
            assert {"outcome", "etag", "firmware"} == applied.json().keys()
            assert '2.0 "?"' + "x" * 25 == applied.json()["firmware"]
            put(serve.client, brightness=10**30)
            rejected = reports.wait_for(2)[1]
            assert len(rejected.payload) <= 192
            assert ("rejected", 1, "/brightness", "10000000000000000000 > 100") == tuple(
                rejected.json()[name] for name in ("outcome", "n", "pointer", "reason")
            )
            assert [b"online"] == [message.payload for message in online.wait_for(1)]
            wait_until(lambda: shown(serve.client)["state"] == "rejected", "the service has read it")
            assert shown(serve.client)["online"]
            board.stop()
            assert b"offline" == online.wait_for(2)[1].payload
    finally:
        board.stop()
    with Listener(broker.port, f"{topic}/report") as later:
        assert later.wait_for(1)[0].retained


def test_a_device_that_was_offline_reads_the_retained_message(
    serve: Serve, broker: Mosquitto, board: Board
) -> None:
    """The broker restarts without its state: the service publishes it again, and the device receives it."""
    put(serve.client, volume=1)
    board.wait_said('configuration: {"volume": 1}')
    broker.kill()
    put(serve.client, volume=2)
    broker.start()

    board.wait_said('configuration: {"volume": 2}')


def test_a_device_asks_again_until_the_service_is_there(
    start_serve: Callable[..., Serve], sqlite_url: str, broker: Mosquitto, tmp_path: Path
) -> None:
    """It prints the reason, waits, and does not exit."""
    serve = start_serve(sqlite_url, workers=1, MQTT_URL=broker.url)
    put(serve.client, volume=1)
    _, port = serve.client.address
    serve.stop()
    board = Board(serve.client.base_url, broker, tmp_path / "board.log")
    try:
        board.wait_said("no answer (")
        with Serve(sqlite_url, tmp_path / "again.log", workers=1, arguments=["--port", str(port)]):
            board.wait_said('configuration: {"volume": 1}')
    finally:
        board.stop()


def test_a_device_keeps_its_document_after_a_truncated_answer(broker: Mosquitto, tmp_path: Path) -> None:
    """It prints the reason, and fetches again."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        board = Board("http://{}:{}".format(*server.getsockname()), broker, tmp_path / "board.log")
        try:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\nETag: "a"\r\n\r\n{"volume": 1')
            board.wait_said("no answer (")
            assert "configuration: {" not in board.said()
        finally:
            board.stop()
