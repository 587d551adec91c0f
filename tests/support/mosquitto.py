"""A Mosquitto broker for tests, on a free port of 127.0.0.1."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from contextlib import suppress
from pathlib import Path

from .ports import free_port
from .waiting import wait_until


def mosquitto_binary() -> str:
    """Return the broker's program, which Debian installs outside of a user's PATH."""
    found = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    assert found is not None, (
        "mosquitto is not installed: run 'make broker', or install the package mosquitto"
    )
    return found


class Mosquitto:
    """One broker. Unless it persists, it keeps nothing on disk: stopping it loses its retained messages."""

    def __init__(
        self,
        directory: Path,
        *options: str,
        anonymous: bool = True,
        verbose: bool = True,
        persists: bool = False,
    ) -> None:
        """`options`: lines of mosquitto.conf that follow the listener, such as `acl_file …`."""
        self.port = free_port()
        self._log = directory / f"mosquitto-{self.port}.log"
        self._configuration = directory / f"mosquitto-{self.port}.conf"
        lines = [
            # Before the listener: global.
            *(
                ["persistence true", f"persistence_file {self.port}.db", f"persistence_location {directory}/"]
                if persists
                else ["persistence false"]
            ),
            "log_dest stderr",
            f"log_type {'all' if verbose else 'error'}",
            "max_queued_messages 0",
            f"listener {self.port} 127.0.0.1",
            f"allow_anonymous {str(anonymous).lower()}",
            *options,
        ]
        if os.geteuid() == 0:
            # Started as root, it would become a user who cannot read the tests' files.
            lines.insert(0, "user root")
        self._configuration.write_text("\n".join(lines) + "\n")
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> None:
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [mosquitto_binary(), "-c", self._configuration],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        wait_until(self._listens, "mosquitto listens")

    def kill(self) -> None:
        """End the broker at once; its state in memory is lost."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Let the broker close its connections and end."""
        self._end(signal.SIGTERM)

    def pause(self) -> None:
        """Let the kernel accept connections, and answer nothing."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def log(self) -> str:
        return self._log.read_text()

    def _end(self, number: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
            wait_until(lambda: self._ends_of(number), f"mosquitto ends of {number.name}")
            self.process = None

    def _ends_of(self, number: signal.Signals) -> bool:
        """Send the signal again each second: Mosquitto forgets a SIGTERM that arrives just before its main loop."""
        assert self.process is not None
        self.process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=1)
        return self.process.poll() is not None

    def _listens(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"mosquitto ended at its start:\n{self.log()}"
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0
