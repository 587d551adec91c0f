"""The installed command at a pseudo-terminal, and its user."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import subprocess
import termios
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

from .serving import COMMAND
from .waiting import wait_until

_READ = {"x86_64": 0, "aarch64": 63}[os.uname().machine]
"""The number of the system call."""
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Terminal:
    """One command with a terminal as standard input, output and error."""

    def __init__(self, process: subprocess.Popen[bytes], master: int) -> None:
        self.process = process
        self._master = master
        self._received = b""
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def screen(self) -> str:
        r"""Return everything that the command has sent to the terminal, as text with `\n` as line ends."""
        return self._received.decode(errors="replace").replace("\r\n", "\n")

    @property
    def text(self) -> str:
        """The screen without colours."""
        return _COLOUR.sub("", self.screen)

    def wait_for(self, phrase: str, times: int = 1) -> None:
        """Wait until the screen has `phrase` this many times."""
        wait_until(lambda: self.text.count(phrase) >= times, f"the terminal shows {phrase!r}")

    def wait_for_reading(self) -> None:
        """Wait until the command reads its input: Ctrl-C just before that has no effect until the next key (CPython)."""
        syscall = Path(f"/proc/{self.process.pid}/syscall")
        wait_until(lambda: syscall.read_text().startswith(f"{_READ} 0x0 "), "the command reads its input")

    def type(self, keys: str) -> None:
        """Press these keys; `\\x03` is Ctrl-C."""
        os.write(self._master, keys.encode())

    def end(self) -> int:
        """Wait for the end of the command; return its exit status."""
        status = self.process.wait(timeout=30)
        self._reader.join(timeout=10)
        return status

    def _read(self) -> None:
        # Linux says EIO when the last process has closed the terminal.
        with suppress(OSError):
            while block := os.read(self._master, 65536):
                self._received += block


@contextmanager
def terminal(
    *arguments: str, env: Mapping[str, str], cwd: Path | None = None, columns: int = 80
) -> Iterator[Terminal]:
    """Start `iotconfig ARGUMENTS` at a new terminal of this width; both end with the block."""
    with program(COMMAND, *arguments, env=env, cwd=cwd, columns=columns) as shown:
        yield shown


@contextmanager
def program(
    *arguments: str | Path, env: Mapping[str, str], cwd: Path | None = None, columns: int = 80
) -> Iterator[Terminal]:
    """As `terminal`, for any program."""
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (24, columns))
    # Where a process of pytest-xdist has these, they would hide the size of this terminal.
    env = {name: value for name, value in env.items() if name not in {"COLUMNS", "LINES"}}
    process = subprocess.Popen(
        arguments,
        env={"TERM": "xterm", **env},
        cwd=cwd,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        # Without it, the terminal would have no process group, and Ctrl-C no effect.
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - no threads run here
    )
    os.close(slave)
    shown = Terminal(process, master)
    try:
        yield shown
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        shown._reader.join(timeout=10)
        os.close(master)


def at_terminal(*arguments: str, env: Mapping[str, str], columns: int = 80) -> Terminal:
    """Run `iotconfig ARGUMENTS` at a terminal of this width to its end."""
    with terminal(*arguments, env=env, columns=columns) as shown:
        shown.end()
    return shown
