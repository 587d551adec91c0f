"""The examples work, and are not part of the package."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from iotconfig.testing import LeaseContract, NotificationQueueContract, StoreContract, WakeupContract

_EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.timeout(520)  # It runs some hundreds of tests.
def test_the_adapter_outside_of_the_package_passes_the_shipped_suites(tmp_path: Path) -> None:
    """All tests of the suites run as in another project, and none is skipped."""
    example = _EXAMPLES / "jsonfile_store"
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-v",
            "-p",
            "no:cacheprovider",
            "--basetemp",
            tmp_path / "files",
        ],
        cwd=example,
        env={**os.environ, "PYTHONPATH": str(example), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=500,
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
