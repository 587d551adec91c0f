"""The wait for the end of a process. One that does not end shows the stacks of all its threads."""

from __future__ import annotations

import signal
import subprocess
from contextlib import suppress
from os import kill
from pathlib import Path
from typing import Final

from .processes import descendants

SHOWS_STACKS: Final = {"PYTHONFAULTHANDLER": "1"}
"""The variable with which an interpreter prints the stacks of its threads to standard error at SIGABRT."""

_SECONDS: Final = 60.0
_TO_PRINT: Final = 10.0


def wait_ended(process: subprocess.Popen[bytes], log: Path, seconds: float = _SECONDS) -> int:
    """Wait for the end of a process that writes to `log`, and return its exit status.

    After `seconds`, the process and its descendants are aborted, and the test fails with the log, which then has
    their stacks. They need `SHOWS_STACKS` in their environment; a worker of gunicorn has a handler of its own for
    SIGABRT, and shows none.
    """
    with suppress(subprocess.TimeoutExpired):
        return process.wait(timeout=seconds)
    abort(process.pid)
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=_TO_PRINT)
    raise AssertionError(f"the process did not end within {seconds:g} s:\n{log.read_text(errors='replace')}")


def abort(pid: int) -> None:
    """End a process and its descendants, each with its stacks."""
    for each in (*descendants(pid), pid):
        for number in (signal.SIGABRT, signal.SIGCONT):
            with suppress(ProcessLookupError):
                kill(each, number)
