"""The examples work, and are not part of the package."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from iotconfig.testing import LeaseContract, NotificationQueueContract, StoreContract, WakeupContract

_EXAMPLES = Path(__file__).parents[2] / "examples"
_IN_MEMORY = Path("/dev/shm")  # noqa: S108 - a directory is made in it, with a name of its own


def test_the_adapter_outside_of_the_package_passes_the_shipped_suites() -> None:
    """All tests of the suites run as in another project, and none is skipped."""
    example = _EXAMPLES / "jsonfile_store"
    # On a file system in memory, if there is one: the example syncs the disk at each change.
    with tempfile.TemporaryDirectory(dir=_IN_MEMORY if _IN_MEMORY.is_dir() else None) as directory:
        run = subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-v",
                "-p",
                "no:cacheprovider",
                "--basetemp",
                f"{directory}/files",
            ],
            cwd=example,
            env={**os.environ, "PYTHONPATH": str(example), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )

    assert 0 == run.returncode, run.stdout + run.stderr
    assert re.search(r"\d+ passed in", run.stdout.splitlines()[-1]), "something was skipped"
    passed = set(re.findall(r"::(Test\w+::test_\w+).* PASSED", run.stdout))
    suites = {
        "TestStore": StoreContract,
        "TestNotificationQueue": NotificationQueueContract,
        "TestLease": LeaseContract,
        "TestWakeup": WakeupContract,
    }
    for name, suite in suites.items():
        assert {f"{name}::{test}" for test in dir(suite) if test.startswith("test_")} <= passed
