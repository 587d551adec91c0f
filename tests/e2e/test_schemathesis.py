"""The description against the real server: whatever is sent, every answer is one that it describes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.api import created
from tests.support.serving import Serve

_CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
_ROOT = Path(__file__).parents[2]
_EXAMPLES = 5
"""Requests for each route beyond those that follow from the description."""


@pytest.mark.timeout(240)
def test_every_answer_is_described(both: Serve, tmp_path: Path) -> None:
    """Requests as described, and such as are not: no fault of the service, and no answer of another kind."""
    for _ in range(3):
        created(both.client, {"deviceName": "a"})
    ran = subprocess.run(
        [
            Path(sys.executable).with_name("st"), "run", f"{both.client.base_url}/api/openapi.json",
            "--checks", ",".join(_CHECKS), "--phases", "examples,coverage,fuzzing",
            "--max-examples", str(_EXAMPLES), "--generation-deterministic",
            "--no-shrink", "--no-color", "--workers", "1",
            "--suppress-health-check", "all", "--warnings", "off",
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(_ROOT), "SCHEMATHESIS_HOOKS": "tests.support.schemathesis_hooks"},
        capture_output=True,
        text=True,
        timeout=230,
        check=False,
    )  # fmt: skip

    assert 0 == ran.returncode, ran.stdout[-8_000:] + ran.stderr[-2_000:]
    assert "Traceback" not in both.output()
