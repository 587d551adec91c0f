"""Relay processes, and checks of the messages that devices receive."""

from __future__ import annotations

import signal
import subprocess
import sys
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from attrs import frozen
from paho.mqtt import publish
from paho.mqtt.enums import MQTTProtocolVersion

from iotconfig.domain.configs.config import Config
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.mac import MacAddress
from iotconfig.entrypoints.settings import Settings
from iotconfig.entrypoints.wiring.services import open_services

from .ending import wait_ended
from .listener import Listener, ReceivedMessage
from .processes import is_stopped
from .schema import execute, rows
from .serving import COMMAND, environment
from .waiting import wait_until

FLEET = "updates/configs"
"""The end of the fleet's topic."""

STATE = "/config"
"""How the retained topic of each device ends."""

_ROOT = Path(__file__).parents[2]


class RelayProcess:
    """One relay as a process: `iotconfig relay`, or one that sends itself a signal at a given point."""

    def __init__(
        self, database_url: str, broker_url: str, log: Path, strike: Sequence[str] = (), **env: str
    ) -> None:
        self._log = log
        command = [str(COMMAND), "relay"]
        if strike:
            command = [sys.executable, "-m", "tests.support.struck_relay", *strike]
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                command,
                cwd=_ROOT,
                env=environment(database_url, MQTT_URL=broker_url, **env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def output(self) -> str:
        """The output and the log of the relay."""
        return self._log.read_text()

    def wait_for(self, text: str, seconds: float = 60.0) -> str:
        """Wait until the output contains `text`, and return it."""
        with suppress(AssertionError):
            wait_until(lambda: text in self.output() or self.process.poll() is not None, repr(text), seconds)
        assert text in self.output(), f"{text!r} is not in:\n{self.output()}"
        return self.output()

    def is_active(self) -> bool:
        """Whether its last line about the lease says that it holds it."""
        said = self.output()
        return said.rfind("relay: active") > said.rfind("relay: standing by")

    def wait_killed(self) -> None:
        """Wait until it has killed itself."""
        assert -signal.SIGKILL == self.wait_ended(), self.output()

    def wait_stopped(self) -> None:
        """Wait until it has stopped itself."""
        wait_until(lambda: is_stopped(self.process.pid), "the relay stopped itself")

    def resume(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(timeout=60)

    def stop(self) -> int:
        """Send SIGTERM, wait, and return the exit status. Where it does not end, the failure has its stacks."""
        self.resume()
        self.process.terminate()
        return self.wait_ended()

    def wait_ended(self) -> int:
        """Wait for its end, and return the exit status."""
        return wait_ended(self.process, self._log)


def _kill_all(relays: Sequence[RelayProcess]) -> None:
    for relay in relays:
        if relay.process.poll() is None:
            relay.kill()


@contextmanager
def relay_starter(
    database_url: str, broker_url: str, directory: Path
) -> Iterator[Callable[..., RelayProcess]]:
    """Starts relays from one database to one broker; all have ended after the block."""
    started: list[RelayProcess] = []

    def start(*strike: str, broker_url: str = broker_url, **env: str) -> RelayProcess:
        log = directory / f"relay-{len(started)}.log"
        started.append(RelayProcess(database_url, broker_url, log, strike, **env))
        return started[-1]

    with ExitStack() as cleanup:
        cleanup.callback(lambda: _kill_all(started))
        yield start


@contextmanager
def config_service(database_url: str) -> Iterator[ConfigService]:
    """The use cases on a database, as in a shell beside the service."""
    with open_services(Settings.from_environ({"DATABASE_URL": database_url})) as services:
        yield services.configs


def mac(number: int) -> MacAddress:
    return MacAddress.parse(f"02{number:010x}")


def put(service: ConfigService, number: int, value: object) -> Config:
    """Change the config of `mac(number)`, or create it."""
    return service.put(mac(number), ConfigContent.parse(f'{{"value": "{value}"}}'))[0]


def pending(database_url: str) -> int:
    """Return the number of notifications in the table."""
    ((count,),) = rows(database_url, "SELECT count(*) FROM notifications")
    assert isinstance(count, int)
    return count


def wait_drained(database_url: str, seconds: float = 60.0) -> None:
    """Wait until no notification is pending."""
    wait_until(lambda: not pending(database_url), "nothing is pending", seconds)


def document_numbers(database_url: str) -> dict[str, int]:
    """Return the document number of each device that has a document, by MAC address."""
    found = rows(database_url, "SELECT mac_address, number FROM documents")
    return {str(address): int(str(number)) for address, number in found}


def revisions(messages: Sequence[ReceivedMessage]) -> dict[str, list[int]]:
    """Return the revisions in the messages of each device's own topic, in their order."""
    announced: dict[str, list[int]] = defaultdict(list)
    for message in messages:
        if message.topic.endswith(STATE) and message.payload:
            state = message.json()
            announced[state["mac_address"]].append(state["revision"])
    return dict(announced)


def newest_announced(listener: Listener) -> dict[str, int]:
    """Return the last revision on each device's own topic."""
    return {address: announced[-1] for address, announced in revisions(listener.received(STATE)).items()}


def expect_none_older_after_newer(listener: Listener) -> None:
    """Fail if a device's own topic had an older revision after a newer one."""
    announced = revisions(listener.received(STATE))
    assert {address: sorted(numbers) for address, numbers in announced.items()} == announced


def hinted(listener: Listener) -> list[str]:
    """Return the file names on the fleet topic, in their order."""
    return [message.json()["filename"] for message in listener.received(FLEET)]


def barrier(port: int, listener: Listener) -> None:
    """Wait until `listener` has all messages that the broker has acknowledged: a broker keeps the order."""
    marker = f"barrier-{uuid.uuid4().hex}"
    publish.single(f"iotsupport/{marker}", "", qos=1, port=port, protocol=MQTTProtocolVersion.MQTTv5)
    listener.wait_for(1, marker)


@frozen
class Retained:
    """The retained messages of a broker."""

    revisions: dict[str, int]
    topics: list[str]


def retained(port: int, expected: int) -> Retained:
    """Return the retained messages for a new subscriber; waits for `expected` topics, and checks that no more follow."""
    with Listener(port) as listener:
        listener.wait_for(expected)
        barrier(port, listener)
        messages = [message for message in listener.received() if message.retained]
    announced = {address: numbers[-1] for address, numbers in revisions(messages).items()}
    return Retained(announced, sorted(message.topic for message in messages))


def cut_sessions(postgres_url: str) -> None:
    """End every other session of a PostgreSQL database."""
    execute(
        postgres_url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
