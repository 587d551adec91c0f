"""The OpenAPI description against the real server: every answer to generated requests is described."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from iotconfig.domain.access.principal import Role
from tests.support.api import created
from tests.support.serving import Serve
from tests.support.tokens import api_token

_CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
_ENDLESS = "/api/events"
"""Answers go on until the client ends them, for which Schemathesis would wait."""
_ROOT = Path(__file__).parents[2]
_EXAMPLES = 5
"""Requests for each route beyond those that follow from the description."""


def _run(serve: Serve, directory: Path, *arguments: str) -> None:
    """Check the service against its description; the run must pass, without a traceback in the log."""
    ran = subprocess.run(
        [
            Path(sys.executable).with_name("st"), "run", f"{serve.client.base_url}/api/openapi.json",
            "--checks", ",".join(_CHECKS), "--generation-deterministic",
            "--no-shrink", "--no-color", "--workers", "1",
            "--suppress-health-check", "all", "--warnings", "off", "--exclude-path", _ENDLESS, *arguments,
        ],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(_ROOT), "SCHEMATHESIS_HOOKS": "tests.support.schemathesis_hooks"},
        capture_output=True,
        text=True,
        timeout=230,
        check=False,
    )  # fmt: skip

    assert 0 == ran.returncode, ran.stdout[-8_000:] + ran.stderr[-2_000:]
    assert "Traceback" not in serve.output()


@pytest.mark.timeout(240)
def test_every_answer_is_described(
    start_serve: Callable[..., Serve], database_url: str, tmp_path: Path
) -> None:
    """Valid and invalid requests get no 500 and no undescribed answer."""
    serve = start_serve(database_url, workers=2)
    for _ in range(3):
        created(serve.client, {"deviceName": "a"})

    _run(serve, tmp_path, "--phases", "examples,coverage,fuzzing", "--max-examples", str(_EXAMPLES))


@pytest.mark.timeout(240)
def test_every_refusal_is_described(
    start_serve: Callable[..., Serve], sqlite_url: str, tmp_path: Path
) -> None:
    """A caller without credentials, and one with the role viewer, are refused before their content is read."""
    settings = {"IOTCONFIG_AUTH": "on", "IOTCONFIG_DEVICE_AUTH": "required"}
    serve = start_serve(sqlite_url, **settings)
    token = api_token(sqlite_url, Role.VIEWER)

    for header in ((), ("-H", f"Authorization: Bearer {token}")):
        _run(serve, tmp_path, "--phases", "fuzzing", "--max-examples", "3", *header)
