"""Generated clients from the description of a running service: in TypeScript and in Python."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.api import new_mac
from tests.support.node import CLIENTS, node, packages
from tests.support.serving import Serve


@pytest.fixture
def described(single: Serve, tmp_path: Path) -> Path:
    """The description, as the service serves it beside its page."""
    path = tmp_path / "openapi.json"
    path.write_bytes(single.client.get("/api/docs/openapi.json").body)
    return path


def test_types_for_a_web_client(described: Path) -> None:
    """A strict compiler accepts a program with the types of openapi-typescript, and refuses wrong programs."""
    directory = described.parent
    modules = packages()
    made = node(modules / "openapi-typescript" / "bin" / "cli.js", described, "-o", "api.ts", cwd=directory)
    assert 0 == made.returncode, made.stdout + made.stderr
    for name in ("program.ts", "tsconfig.json"):
        shutil.copy(CLIENTS / name, directory)

    compiled = node(modules / "typescript" / "bin" / "tsc", "--project", directory, cwd=directory)

    assert 0 == compiled.returncode, compiled.stdout
    types = (directory / "api.ts").read_text()
    # The generator's output without webhooks and definitions.
    nothing = ("export type webhooks =", "export type $defs =", "export type operations =")
    empty = [line for line in types.splitlines() if "Record<string, never>" in line]
    assert [] == [line for line in empty if not line.startswith(nothing)]


def test_a_client_for_programs(described: Path, single: Serve) -> None:
    """All modules of openapi-python-client's result can be imported, and a type-checked program works with the service."""
    directory = described.parent
    binaries = Path(sys.executable).parent
    (directory / "settings.yaml").write_text(
        "content_type_overrides: {application/x-ndjson: application/octet-stream}\n"
    )
    made = subprocess.run(
        [
            binaries / "openapi-python-client", "generate", "--path", described, "--config", directory / "settings.yaml",
            "--meta", "none", "--output-path", directory / "iotconfig_client", "--fail-on-warning",
        ],
        cwd=directory,
        env={**os.environ, "PATH": f"{binaries}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )  # fmt: skip
    assert 0 == made.returncode, made.stdout + made.stderr
    shutil.copy(CLIENTS / "program.py", directory)
    load_all = (
        "import importlib, pkgutil, iotconfig_client as client\n"
        "for module in pkgutil.walk_packages(client.__path__, 'iotconfig_client.'):\n"
        "    importlib.import_module(module.name)\n"
    )

    for arguments in (
        ["-m", "mypy", "--strict", "--follow-imports=silent", "program.py"],
        ["-W", "error", "-c", load_all],
        ["-W", "error", "program.py", single.client.base_url, new_mac()],
    ):
        run = subprocess.run(
            [sys.executable, *arguments],
            cwd=directory,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert 0 == run.returncode, run.stdout + run.stderr
