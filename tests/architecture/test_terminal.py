"""All commands write to the terminal through one module, which escapes text."""

from __future__ import annotations

import re
from pathlib import Path

import iotconfig.adapters.cli

COMMANDS = Path(iotconfig.adapters.cli.__file__).parent
WRITES = re.compile(
    r"click\.(echo|secho|confirm|prompt|style|echo_via_pager)\(|\bprint\(|std(out|err)\.write\("
)


def test_commands_write_through_one_module() -> None:
    """No command prints by itself instead of using `terminal`."""
    writers = {path.name for path in COMMANDS.glob("*.py") if WRITES.search(path.read_text())}

    assert {"terminal.py"} == writers
