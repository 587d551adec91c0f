"""Standard error of a process: libraries and final errors use the format of the log."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

_SETUP = """
import gc, logging, sys, threading, warnings
from iotconfig.entrypoints.logs import log_to_stderr
from iotconfig.entrypoints.settings import Settings
from iotconfig.entrypoints.settings.telemetry import LogFormat
log_to_stderr(Settings.from_environ({"IOTCONFIG_LOG_FORMAT": "json"}))
log = logging.getLogger("iotconfig.test")
"""


def lines_of(program: str) -> list[dict[str, Any]]:
    """The log of a process that runs this program."""
    ran = subprocess.run(
        [sys.executable, "-c", _SETUP + program],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return [json.loads(line) for line in ran.stderr.splitlines()]


def test_libraries_log_in_the_same_format() -> None:
    """Only from the level warning: lower levels may contain secrets."""
    found = lines_of(
        """
for name in ("gunicorn.error", "alembic.runtime.migration", "psycopg", "paho.mqtt", "sqlalchemy.engine", "httpx"):
    logging.getLogger(name).info("SECRET")
    logging.getLogger(name).warning("from %s", name)
logging.getLogger("psycopg.pool").warning("SECRET")
"""
    )

    assert [
        f"from {name}"
        for name in ("gunicorn.error", "alembic.runtime.migration", "psycopg", "paho.mqtt", "sqlalchemy.engine", "httpx")
    ] == [line["message"] for line in found]  # fmt: skip


def test_uncaught_errors_are_log_lines() -> None:
    """Those of the process, of a thread and of a destructor, and warnings."""
    found = lines_of(
        """
class Broken:
    def __del__(self):
        raise ValueError("SECRET")

def fail():
    raise KeyError("SECRET")

thread = threading.Thread(target=fail)
thread.start()
thread.join()
Broken()
gc.collect()
warnings.warn("take care", stacklevel=1)
raise RuntimeError("SECRET")
"""
    )

    assert ["a thread ended", "unraisable exception", "take care", "the process ends"] == [
        line["message"].rpartition("Warning: ")[2].partition("\n")[0] for line in found
    ]
    assert ["builtins.KeyError", "builtins.ValueError", "builtins.RuntimeError"] == [
        line["error"]["type"] for line in found if "error" in line
    ]
    assert "SECRET" not in json.dumps([line for line in found if "error" in line])


def test_a_wrong_logging_call_is_one_line() -> None:
    """The message does not match its arguments, and the process continues."""
    found = lines_of('log.warning("%d of %d", "a")\nlog.warning("after it")')

    assert 2 == len(found)
    assert "after it" == found[1]["message"]
