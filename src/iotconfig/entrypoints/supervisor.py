"""Starts processes, passes signals on, and takes all of them down together."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Final

_TICK: Final = 0.2
_KILL_MARGIN: Final = 5.0


class Supervisor:
    """One web process, which ends with its supervisor and whose end is its supervisor's.

    The processes get a session of their own, so that an interrupt from the
    terminal reaches them through here: as a request to finish, once.
    """

    def __init__(self, environ: Mapping[str, str], graceful_timeout: float) -> None:
        self._environ = dict(environ)
        self._graceful_timeout = graceful_timeout
        self._had_terminal = _has_terminal()
        self._signals: SimpleQueue[int] = SimpleQueue()
        self._children: list[subprocess.Popen[bytes]] = []
        self._lifeline, self._held = os.pipe()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, lambda received, _frame: self._signals.put(received))

    def start(self, module: str, arguments: Sequence[str], descriptors: Sequence[int]) -> None:
        """Run a module of ours in a fresh interpreter; it inherits `descriptors` and a lifeline."""
        command = [sys.executable, "-P", "-m", module, "--lifeline", str(self._lifeline), *arguments]
        child = subprocess.Popen(  # noqa: S603 - our own module, in our own interpreter
            command, env=self._environ, pass_fds=(self._lifeline, *descriptors), start_new_session=True
        )
        self._children.append(child)

    def run(self, ready: int, on_ready: Callable[[], None]) -> int:
        """Watch until told to end, or until a process ends by itself; the exit status.

        `on_ready` is called when something was written to the pipe `ready`.
        """
        waiting = [ready]
        while True:
            readable, _, _ = select.select(waiting, [], [], 0)
            if readable:
                waiting = []
                if os.read(ready, 1):
                    on_ready()
            received = self._next_signal()
            if received in (signal.SIGTERM, signal.SIGINT) or (
                received == signal.SIGHUP and self._lost_terminal()
            ):
                self._stop()
                return 0
            if received == signal.SIGHUP:
                self._send(signal.SIGHUP)
            if any(child.poll() is not None for child in self._children):
                self._stop()
                return 1

    def _lost_terminal(self) -> bool:
        """Whether a SIGHUP came because the terminal was closed, and not to ask for a reload."""
        return self._had_terminal and not _has_terminal()

    def _next_signal(self) -> int | None:
        try:
            return self._signals.get(timeout=_TICK)
        except Empty:
            return None

    def _stop(self) -> None:
        """Ask all to finish; kill what is left when the time is up, or at a second request."""
        self._send(signal.SIGTERM)
        until = monotonic() + self._graceful_timeout + _KILL_MARGIN
        while any(child.poll() is None for child in self._children) and monotonic() < until:
            if self._next_signal() in (signal.SIGTERM, signal.SIGINT):
                break
        for child in self._children:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()

    def _send(self, number: signal.Signals) -> None:
        for child in self._children:
            if child.poll() is None:
                child.send_signal(number)


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True
