"""The modules that the web process imports before gevent patches the standard library."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

_PROGRAM: Final = """
import sys, threading, time
import iotconfig.entrypoints.web_server

originals = {id(getattr(module, name)): name for module, name in (
    (time, "sleep"), (threading, "Lock"), (threading, "RLock"), (threading, "Thread"), (threading, "local"),
)}
for name, module in sorted(sys.modules.items()):
    if name.startswith("iotconfig."):
        for value in vars(module).values():
            if id(value) in originals:
                print(f"{name.removeprefix('iotconfig.')}: {originals[id(value)]}")
print(*(name for name in ("psycopg", "sqlalchemy", "iotconfig.entrypoints.wiring") if name in sys.modules))
"""

_MEANT: Final = """\
adapters.gunicorn.arbiter: sleep
adapters.logs.output: RLock
adapters.logs.output: Thread
entrypoints.lifeline: Thread

"""
"""The arbiter is not patched, and the other threads are to run whatever a worker's greenlets do."""


def test_no_module_keeps_an_unpatched_function() -> None:
    """A module with the original `sleep` would block its worker instead of yielding."""
    ran = subprocess.run(
        [sys.executable, "-c", _PROGRAM], capture_output=True, text=True, timeout=60, check=True
    )

    assert _MEANT == ran.stdout
