"""The installed command `iotconfig serve`, as a process."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from .ending import SHOWS_STACKS, abort, wait_ended
from .http import Client
from .processes import command_of, descendants, environment_of, is_alive, kill_tree
from .waiting import wait_until

COMMAND = Path(sys.executable).with_name("iotconfig")


def environment(database_url: str, **more: str) -> dict[str, str]:
    """Return the environment of a command: the test's, without its settings, and with these."""
    ours = re.compile(
        r"IOTCONFIG_|DATABASE_URL$|BASEURL$|CORS_ORIGINS$|MQTT_|OIDC_|ASSETS_DIR$|SIGNING_KEY_PATH$|TIMESTAMP_"
    )
    inherited = {name: value for name, value in os.environ.items() if not ours.match(name)}
    return {**inherited, **SHOWS_STACKS, "DATABASE_URL": database_url, **more}


def run_command(
    *arguments: str, env: Mapping[str, str], stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run `iotconfig ARGUMENTS` to its end. Where it does not end, the failure has its stacks."""
    command = [str(COMMAND), *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=dict(env), stdin=pipe, stdout=pipe, stderr=pipe) as process:
        try:
            output, errors = process.communicate(stdin, timeout=100)
        except subprocess.TimeoutExpired:
            abort(process.pid)
            raise AssertionError(f"{arguments} did not end:\n{process.communicate()[1].decode()}") from None
        return subprocess.CompletedProcess(command, process.returncode, output, errors)


class Serve:
    """A running `iotconfig serve`; a context manager that leaves no process behind.

    It has one worker by default. It is killed at the end, because a graceful stop takes a second:
    a test of the stop calls `stop`.
    """

    def __init__(
        self,
        database_url: str,
        log: Path,
        *,
        workers: int = 1,
        arguments: Sequence[str] = (),
        command: Sequence[str | Path] = (COMMAND,),
        **env: str,
    ) -> None:
        self._log = log
        self.database_url = database_url
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [*command, "serve", "--port", "0", "--workers", str(workers), *arguments],
                env=environment(database_url, **env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self._workers = workers
        self._seen: set[int] = set()

    def wait_ready(self) -> Self:
        """Wait until all workers serve."""

        def listening() -> re.Match[str] | None:
            assert self.process.poll() is None, f"serve ended at its start:\n{self.output()}"
            return re.search(r"listens on (http://\S+)", self.output())

        found = wait_until(listening, "serve says where it listens")
        assert found is not None
        self.client = Client(found[1])
        wait_until(lambda: len(self.worker_pids()) == self._workers, "all workers run")
        self._seen.update(self.pids())
        return self

    def output(self) -> str:
        """The standard output and standard error so far."""
        return self._log.read_text()

    def pids(self) -> list[int]:
        """Return the supervisor and all its processes."""
        return [self.process.pid, *descendants(self.process.pid)]

    def web_pid(self) -> int:
        """Return gunicorn's arbiter."""
        return next(p for p in descendants(self.process.pid) if "entrypoints.web" in command_of(p))

    def worker_pids(self) -> list[int]:
        """Return gunicorn's workers."""
        return descendants(self.web_pid()) if descendants(self.process.pid) else []

    def stop(self) -> int:
        """Send SIGTERM, wait, and return the exit status."""
        self._seen.update(self.pids())
        self.process.send_signal(signal.SIGTERM)
        return self.wait_ended()

    def wait_ended(self) -> int:
        """Wait for its end, and return the exit status. Where it does not end, the failure has its stacks."""
        return wait_ended(self.process, self._log)

    def kill(self) -> None:
        """SIGKILL all its processes, and remove the files that they would have removed."""
        pids = self.pids()
        self._seen.update(pids)
        shared = {environment_of(pid).get("PROMETHEUS_MULTIPROC_DIR") for pid in pids}
        kill_tree(self.process.pid)
        self.process.wait(timeout=60)
        for directory in filter(None, shared):
            shutil.rmtree(directory, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.wait_ready()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.kill()
        wait_until(lambda: not any(map(is_alive, self._seen)), "all processes of serve are gone")
