"""The log lines of a service."""

from __future__ import annotations

import json
from typing import Any

from .serving import Serve
from .waiting import wait_until


def log_lines(serve: Serve) -> list[dict[str, Any]]:
    """All lines so far; each must be a JSON object with a time, a level and a message."""
    whole, _, _ = serve.output().rpartition("\n")
    found = [json.loads(line) for line in whole.splitlines()]
    for line in found:
        assert {"time", "level", "logger", "message", "pid"} <= set(line), line
    return found


def wait_for_line(serve: Serve, **members: object) -> dict[str, Any]:
    """The first line with these members, once there is one."""

    def found() -> dict[str, Any] | None:
        fits = (line for line in log_lines(serve) if members.items() <= line.items())
        return next(fits, None)

    line = wait_until(found, f"a line with {members}")
    assert line is not None
    return line
