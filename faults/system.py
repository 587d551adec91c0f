"""The whole system as processes: PostgreSQL or SQLite, a broker, `serve` with its workers and its leader, a listener."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp
from types import TracebackType
from typing import Final, Self
from uuid import uuid4

from attrs import Factory, define, frozen
from tests.support.http import Client
from tests.support.listener import Listener, ReceivedMessage
from tests.support.mosquitto import Mosquitto
from tests.support.postgres import PostgresServer, create_database, drop_database
from tests.support.processes import command_of, descendants, descriptors, is_alive, resident, threads
from tests.support.relaying import STATE
from tests.support.schema import rows
from tests.support.serving import Serve
from tests.support.waiting import wait_until

from iotconfig.adapters.sql.engine.url import DatabaseUrl
from iotconfig.adapters.sql.migrations import Migrations

from .checks import Stored, Violations, states_are_counted
from .record import Operation, Recorder, read

_FOLLOWED: Final = 10.0
"""Seconds within which stored states have followed all changes: after a kill, the leader starts anew first."""

_TEMPLATE = "faults_template"
_FAULT = re.compile(r"Traceback|Exception|Error:| failed$")
_DEVICE = re.compile(r"/devices/([0-9a-f:]{17})/config$")


@define
class Host:
    """The environment of loads, which run one after another: one PostgreSQL server, started when a load needs it."""

    directory: Path
    seed: int
    on_sqlite: bool = False
    """Whether loads that are for either database run on SQLite."""
    _server: PostgresServer | None = None
    _cleanup: ExitStack = Factory(ExitStack)

    @property
    def postgres(self) -> PostgresServer:
        if self._server is None:
            self._server = PostgresServer()
            self._cleanup.callback(self._server.close)
            template = create_database(self._server.base_url, _TEMPLATE)
            Migrations(DatabaseUrl.parse(template)).upgrade()
        return self._server

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a new database with the current schema, on the server or in a file; it is removed at the end."""
        if self.on_sqlite:
            yield f"sqlite:///{self.new_directory() / 'configs.db'}"
            return
        base_url = self.postgres.base_url
        name = f"faults_{uuid4().hex}"
        yield create_database(base_url, name, _TEMPLATE)
        drop_database(base_url, name)

    def new_directory(self) -> Path:
        """A new directory for one system's files."""
        return Path(mkdtemp(dir=self.directory))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._cleanup.close()


@frozen
class Usage:
    """The resources of one process."""

    bytes: int
    descriptors: int
    threads: int


class System:
    """One running system; a context manager that leaves no process behind.

    `recorder`: the record of the harness, for received messages and faults.
    """

    def __init__(
        self,
        directory: Path,
        database_url: str,
        settings: Mapping[str, str] | None = None,
        *,
        workers: int = 2,
        broker: bool = True,
    ) -> None:
        self.directory = directory
        self.database_url = database_url
        self._temporary = directory / "tmp"
        self._temporary.mkdir()
        self._settings = {"TMPDIR": str(self._temporary), **(settings or {})}
        self._workers = workers
        self._has_broker = broker
        self._cleanup = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.recorder = stack.enter_context(Recorder(self.record_path("harness")))
            env = dict(self._settings)
            if self._has_broker:
                self.broker = Mosquitto(self.directory, "max_inflight_messages 0", verbose=False)
                stack.callback(self.broker.stop)
                env["MQTT_URL"] = self.broker.url
            self.serve = stack.enter_context(
                Serve(
                    self.database_url,
                    self.directory / "serve.log",
                    workers=self._workers,
                    arguments=(),
                    **env,
                )
            )
            if self._has_broker:
                stack.enter_context(Listener(self.broker.port, on_received=self._received))
            self._cleanup = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._cleanup.close()

    @property
    def client(self) -> Client:
        return self.serve.client

    @property
    def port(self) -> int:
        return self.client.address[1]

    def record_path(self, name: str) -> Path:
        """The file of a generator's part of the record."""
        return self.directory / f"{name}.jsonl"

    def record(self, name: str = "*") -> list[Operation]:
        """The record so far, or one generator's part of it."""
        return read(self.directory, name)

    def history(self) -> list[Stored]:
        """All stored revisions except deletions."""
        query = "SELECT mac_address, revision, etag FROM revisions WHERE etag IS NOT NULL"
        return [Stored(str(m), int(str(r)), str(e)) for m, r, e in rows(self.database_url, query)]

    def miscounted_states(self) -> Violations:
        """How the counts of devices by state differ from the devices, once all changes must have been followed."""
        until = time.monotonic() + _FOLLOWED
        while violations := states_are_counted(*self._states()):
            if time.monotonic() > until:
                return violations
            time.sleep(0.2)
        return []

    def _states(self) -> tuple[dict[str, str], Mapping[str, int]]:
        """The state of each device, and the counts of the first page."""
        states: dict[str, str] = {}
        counts: Mapping[str, int] = {}
        cursor = ""
        while True:
            page = self.client.get(f"/api/devices?limit=1000{cursor}").json()
            counts = counts or page["counts"]
            states |= {device["mac_address"]: device["state"] for device in page["devices"]}
            if page["next"] is None:
                return states, counts
            cursor = f"&cursor={page['next']}"

    def wait_drained(self, seconds: float = 60.0) -> None:
        """Wait until no notification is pending."""
        query = "SELECT count(*) FROM notifications"
        wait_until(lambda: rows(self.database_url, query) == [(0,)], "nothing is pending", seconds)

    def reload(self) -> None:
        """Send SIGHUP, and wait until all workers are replaced."""
        workers = self.serve.worker_pids()
        self.recorder.note("fault", "SIGHUP")
        self.serve.process.send_signal(signal.SIGHUP)
        wait_until(lambda: not any(map(is_alive, workers)), "the old workers are gone", 60)
        wait_until(lambda: len(self.serve.worker_pids()) == len(workers), "new ones are there", 60)

    def faults_logged(self) -> list[str]:
        """Lines of the service's log about defects of the service; also after its end."""
        log = (self.directory / "serve.log").read_text(errors="replace")
        return [line for line in log.splitlines() if _FAULT.search(line)]

    def left_behind(self) -> list[str]:
        """Temporary files that no process will remove."""
        return [f"{path.name} is left" for path in self._temporary.iterdir()]

    def leader_pid(self) -> int | None:
        """The leader process that `serve` runs; None while there is none."""
        pids = descendants(self.serve.process.pid)
        return next((pid for pid in pids if "entrypoints.leader" in command_of(pid)), None)

    def usage(self) -> dict[str, Usage]:
        """The resources of each process; workers are numbered, since they are replaced."""
        pids = {"supervisor": self.serve.process.pid, "web": self.serve.web_pid()}
        leader = self.leader_pid()
        if leader is not None:
            pids["leader"] = leader
        pids |= {f"worker {n}": pid for n, pid in enumerate(self.serve.worker_pids(), 1)}
        found = {}
        for name, pid in pids.items():
            with suppress(FileNotFoundError, ProcessLookupError):
                found[name] = Usage(resident(pid), descriptors(pid), threads(pid))
        return found

    def probe(self, kind: str, path: str) -> int:
        """Check the health once, and record it; returns the status, 0 without an answer."""
        number = self.recorder.begin(kind, path)
        try:
            answer = self.client.get(path)
        except OSError as error:
            self.recorder.end(number, 0, error=repr(error))
            return 0
        retry = answer.headers.get("retry-after")
        self.recorder.end(number, answer.status, **({} if retry is None else {"retry_after": retry}))
        return answer.status

    def wait_healthy(self, seconds: float = 60.0) -> None:
        """Wait until several workers report that the database is connected."""
        wait_until(
            lambda: all(self.probe("health", "/api/health") == 200 for _ in range(8)), "healthy", seconds
        )

    def _received(self, message: ReceivedMessage) -> None:
        device = _DEVICE.search(message.topic)
        if device is not None and message.payload and message.topic.endswith(STATE):
            self.recorder.note("received", device[1], revision=message.json()["revision"])


def newest(history: Iterable[Stored]) -> dict[str, int]:
    """Each device's last revision."""
    found: dict[str, int] = {}
    for stored in history:
        found[stored.subject] = max(stored.revision, found.get(stored.subject, 0))
    return found


def growth(before: Mapping[str, Usage], after: Mapping[str, Usage]) -> str:
    """Memory before and after, process by process, in MB."""
    shown = (
        f"{name} {before[name].bytes / 1e6:.0f}→{after[name].bytes / 1e6:.0f}"
        for name in before
        if name in after
    )
    return " ".join(shown)


def compared(
    before: Mapping[str, Usage], after: Mapping[str, Usage], of: Callable[[Usage], float]
) -> dict[str, tuple[float, float]]:
    """One figure of each process that existed both times, before and after."""
    return {name: (of(before[name]), of(after[name])) for name in before if name in after}
