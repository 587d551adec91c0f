"""Signals that end a wait of the main thread, whenever they come."""

from __future__ import annotations

import signal
import socket


class Signals:
    """The signals of this process from now on, in the order of their arrival; they interrupt nothing.

    A wait for a lock or a queue has a gap: Python calls a signal's handler between two
    instructions of the main thread only. If the signal comes after the last of these and before
    the wait of the operating system begins, or if another thread receives it, the wait goes on.
    So the interpreter writes each signal to a socket here (`signal.set_wakeup_fd`), which has no gap.
    """

    def __init__(self, *numbers: signal.Signals) -> None:
        """Receive the signals `numbers`. Only the main thread can, and only for one instance in a process."""
        self._incoming, self._outgoing = socket.socketpair()
        self._outgoing.setblocking(False)
        signal.set_wakeup_fd(self._outgoing.fileno(), warn_on_full_buffer=False)
        for number in numbers:
            # With any handler, the interpreter writes the number to the socket; this one has nothing to add.
            signal.signal(number, lambda _number, _frame: None)

    def wait(self, seconds: float | None = None) -> int | None:
        """Wait for the next signal for up to `seconds`, or without an end. Returns its number, or None without one."""
        self._incoming.settimeout(seconds)
        try:
            return self._incoming.recv(1)[0]
        except TimeoutError:
            return None

    def put(self, number: int) -> None:
        """Let `wait` return `number`, from 0 to 255, as if it were a signal. Any thread may call this."""
        self._outgoing.send(bytes([number]))
