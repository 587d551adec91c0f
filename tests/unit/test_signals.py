"""`Signals`, in a process of its own: it changes the handlers of the process."""

from __future__ import annotations

import subprocess
import sys

import pytest

_PROGRAM = """
import os, signal, time
from pathlib import Path
from threading import Thread, get_ident
from iotconfig.entrypoints.signals import Signals

main = Path(f"/proc/self/task/{os.getpid()}/stat")

def is_waiting():
    return main.read_text().rpartition(")")[2].split()[0] == "S"

def once_it_waits(act):
    def run():
        # Ten looks: a thread that is to run again soon sleeps, too, for a moment.
        looks = 0
        while looks < 10:
            looks = looks + 1 if is_waiting() else 0
            time.sleep(0.01)
        act()
    Thread(target=run).start()

signals = Signals(signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""


def _run(program: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM + program], capture_output=True, text=True, check=True, timeout=60
    )
    assert "" == done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    "receiver", ["os.kill(os.getpid(), signal.SIGTERM)", "signal.pthread_kill(get_ident(), signal.SIGTERM)"]
)
def test_a_signal_ends_a_wait(receiver: str) -> None:
    """Also where another thread receives it: nothing interrupts the main thread, as in the gap before its wait begins."""
    assert ["15"] == _run(f"once_it_waits(lambda: {receiver})\nprint(signals.wait())")


def test_a_signal_before_the_wait_ends_it() -> None:
    """All are kept in their order, and each ends one wait."""
    found = _run("""
for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGTERM, signal.SIGINT):
    signal.raise_signal(number)
print(*(signals.wait() for _ in range(4)), signals.wait(0.01))
""")
    assert ["1 15 15 2 None"] == found


def test_a_thread_may_put_a_number() -> None:
    """It ends the wait as a signal does."""
    assert ["0"] == _run("once_it_waits(lambda: signals.put(0))\nprint(signals.wait())")


def test_signals_without_a_wait_do_no_harm() -> None:
    """More than the socket has room for, as after a stop began; nothing is printed, and the first ones are kept."""
    assert ["15"] == _run("""
for _ in range(5000):
    signal.raise_signal(signal.SIGTERM)
print(signals.wait())
""")


def test_a_signal_interrupts_nothing_else() -> None:
    """A system call in progress goes on to its end."""
    found = _run("""
reading, writing = os.pipe()
def act():
    os.kill(os.getpid(), signal.SIGINT)
    os.write(writing, b"whole")
once_it_waits(act)
print(os.read(reading, 10).decode(), signals.wait())
""")
    assert ["whole 2"] == found
