"""A process that logs: whatever it says on standard error, libraries and last words included, is in one format."""

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
    """What a process logs that runs this."""
    ran = subprocess.run(
        [sys.executable, "-c", _SETUP + program],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return [json.loads(line) for line in ran.stderr.splitlines()]


def test_libraries_log_like_the_rest() -> None:
    """From warnings on: what they say below may hold secrets."""
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


def test_last_words_are_lines_too() -> None:
    """Of the process, of a thread, of a destructor; and warnings."""
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


def test_a_bad_call_ends_nothing() -> None:
    """A message that does not fit its arguments is one line, and the process goes on."""
    found = lines_of('log.warning("%d of %d", "a")\nlog.warning("after it")')

    assert 2 == len(found)
    assert "after it" == found[1]["message"]
