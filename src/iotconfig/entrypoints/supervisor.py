"""Starts processes, forwards signals to them, and ends all of them together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from threading import Thread
from time import monotonic
from typing import Final

from attrs import define, field

from .signals import Signals

_TICK: Final = 0.2
_READY: Final = 0
"""An event that is no signal: a byte came through the pipe `ready`."""

_KILL_MARGIN: Final = 5.0
_RESTART_FIRST: Final = 0.25
_RESTART_LONGEST: Final = 10.0
_RAN_WELL: Final = 60.0


class Supervisor:
    """Processes that end with the supervisor: the web process, and others that are restarted when they end.

    Each process has its own session, so that an interrupt from the terminal
    reaches it only as one SIGTERM from here.
    """

    def __init__(self, environ: Mapping[str, str], graceful_timeout: float) -> None:
        self._environ = dict(environ)
        self._graceful_timeout = graceful_timeout
        self._had_terminal = _has_terminal()
        self._children: list[_Child] = []
        self._lifeline, self._held = os.pipe()
        self._events = Signals(signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)

    def start(
        self,
        module: str,
        arguments: Sequence[str],
        descriptors: Sequence[int],
        *,
        restarts: bool = False,
        on_end: Callable[[int], None] = lambda _pid: None,
    ) -> None:
        """Run a module of ours in a fresh interpreter; it inherits `descriptors` and a lifeline.

        `restarts`: start it again when it ends; the end of any other process ends all.
        `on_end`: called with its process id when it has ended.
        """
        command = [sys.executable, "-P", "-m", module, "--lifeline", str(self._lifeline), *arguments]
        child = _Child(
            command, self._environ, (self._lifeline, *descriptors), restarts=restarts, on_end=on_end
        )
        child.start()
        self._children.append(child)

    def run(self, ready: int, on_ready: Callable[[], None]) -> int:
        """Watch the processes until a signal, or the end of one that is not restarted; returns the exit status.

        `on_ready`: called once, when a byte was written to the pipe `ready`.
        """
        is_ready = False
        Thread(target=self._expect, args=(ready,), name="ready", daemon=True).start()
        while True:
            received = self._events.wait(_TICK)
            if received == _READY:
                is_ready = True
                on_ready()
            if received in (signal.SIGTERM, signal.SIGINT) or (
                received == signal.SIGHUP and self._lost_terminal()
            ):
                self._stop()
                return 0
            # Before the web process is ready, it may not have its handler yet, and SIGHUP would end it.
            if received == signal.SIGHUP and is_ready:
                self._children[0].process.send_signal(signal.SIGHUP)
            for child in self._children:
                if not child.is_running() and not child.restart_when_due():
                    self._stop()
                    return 1

    def _lost_terminal(self) -> bool:
        """Whether SIGHUP came because the terminal was closed, and not as a request to reload."""
        return self._had_terminal and not _has_terminal()

    def _expect(self, ready: int) -> None:
        """Wait for a byte from the web process. Returns without one if that ends first."""
        if os.read(ready, 1):
            self._events.put(_READY)

    def _stop(self) -> None:
        """Send SIGTERM to all; kill those that are left after the graceful timeout, or at a second signal."""
        self._send(signal.SIGTERM)
        until = monotonic() + self._graceful_timeout + _KILL_MARGIN
        while any(child.is_running() for child in self._children) and monotonic() < until:
            if self._events.wait(_TICK) in (signal.SIGTERM, signal.SIGINT):
                break
        for child in self._children:
            child.kill()

    def _send(self, number: signal.Signals) -> None:
        for child in self._children:
            if child.is_running():
                child.process.send_signal(number)


@define
class _Child:
    """One process, and the arguments to start it again."""

    _command: Sequence[str]
    _environ: Mapping[str, str]
    _descriptors: Sequence[int]
    _restarts: bool = field(kw_only=True)
    _on_end: Callable[[int], None] = field(kw_only=True)
    process: subprocess.Popen[bytes] = field(init=False)
    _failures: int = 0
    _started_at: float = 0.0
    _ended_at: float | None = None

    def start(self) -> None:
        self._started_at, self._ended_at = monotonic(), None
        self.process = subprocess.Popen(  # noqa: S603 - our own module, in our own interpreter
            self._command, env=self._environ, pass_fds=self._descriptors, start_new_session=True
        )

    def is_running(self) -> bool:
        return self.process.poll() is None

    def restart_when_due(self) -> bool:
        """Start an ended process again, after a delay that doubles; returns False if it is not to be restarted."""
        if not self._restarts:
            return False
        if self._ended_at is None:
            self._ended_at = monotonic()
            self._on_end(self.process.pid)
            ran_well = self._ended_at - self._started_at > _RAN_WELL
            self._failures = 0 if ran_well else self._failures + 1
        if monotonic() - self._ended_at >= min(
            _RESTART_FIRST * 2 ** min(self._failures, 10), _RESTART_LONGEST
        ):
            self.start()
        return True

    def kill(self) -> None:
        """Kill the process and its children."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True
