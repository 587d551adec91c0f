"""Ctrl-C at any moment of a command: one word, no traceback, and a write that is done or not."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.support.command_line import CommandLine
from tests.support.serving import environment

_PROGRAM = """
import importlib.abc, os, runpy, signal, sys

class Strike(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Strike())
sys.argv[1:] = {arguments!r}
runpy.run_module("iotconfig", run_name="__main__")
"""
MAC = "02:00:00:00:00:01"
CREATE = ["config", "create", MAC, "{}"]


@pytest.mark.parametrize(
    "module",
    ["iotconfig.entrypoints.cli", "click", "iotconfig.adapters.cli.configs", "iotconfig.domain.configs.service", "sqlalchemy"],
)  # fmt: skip
def test_ctrl_c_while_a_command_loads(sqlite_url: str, module: str) -> None:
    """Most of the time of a short command is its loading, before click and after it has begun."""
    program = _PROGRAM.format(module=module, arguments=CREATE)
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env=environment(sqlite_url),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (1, "") == (ended.returncode, ended.stdout)
    assert "Aborted!" == ended.stderr.strip()
    assert [] == CommandLine({"DATABASE_URL": sqlite_url}).ok("config", "list", "--json").json()["configs"]


def test_the_installed_command_is_the_guarded_one() -> None:
    """Its script calls the same function as `python -m iotconfig`."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]

    assert {"iotconfig": "iotconfig.__main__:main"} == project["scripts"]
