"""The wait for the end of a process, in the tests of this project."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.ending import SHOWS_STACKS, wait_ended
from tests.support.waiting import wait_until

_PROGRAM = """
import subprocess, sys, time

def hangs_for_ever(who):
    print(who, "is ready", flush=True)
    time.sleep(600)

def child():
    hangs_for_ever("child")

def parent():
    subprocess.Popen([sys.executable, __file__, "child"])
    hangs_for_ever("parent")

child() if sys.argv[1:] else parent()
"""


def _started(directory: Path, program: str) -> tuple[subprocess.Popen[bytes], Path]:
    script, log = directory / "program.py", directory / "log"
    script.write_text(program)
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, script], env=SHOWS_STACKS, stdout=output, stderr=subprocess.STDOUT
        ), log


def test_a_process_that_hangs_shows_its_stacks(tmp_path: Path) -> None:
    """And those of its descendants, which end as well."""
    process, log = _started(tmp_path, _PROGRAM)
    wait_until(lambda: log.read_text().count("is ready") == 2, "both run")

    with pytest.raises(AssertionError, match=r"did not end within 0 s") as failure:
        wait_ended(process, log, seconds=0)

    assert process.returncode is not None
    wait_until(lambda: log.read_text().count("hangs_for_ever") == 2, "both stacks are in the log")
    assert " in parent" in str(failure.value)


def test_the_status_of_a_process_that_ends(tmp_path: Path) -> None:
    """It is returned."""
    assert 3 == wait_ended(*_started(tmp_path, "raise SystemExit(3)"))
