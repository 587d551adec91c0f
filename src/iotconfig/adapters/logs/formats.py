"""The formats of log lines.

A record may have additional members in `fields`, as those of the access log do.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from time import gmtime, strftime
from typing import Any, Final

from iotconfig.domain.text import harmless, harmless_json

from .faults import fault_of

LONGEST: Final = 4096
"""The longest line in bytes: a write of that size to a pipe is atomic (PIPE_BUF on Linux)."""

_KEPT: Final = 500
"""Characters of the message in a line that would otherwise be too long."""

_encode_all: Final = json.JSONEncoder(ensure_ascii=False).encode


def _encode(members: dict[str, Any]) -> str:
    """Return the line of these members. Invisible characters are escaped, since lines are also read at terminals."""
    return harmless_json(_encode_all(members))


class JsonFormat(logging.Formatter):
    """One JSON object per line, with `time`, `level`, `logger`, `message` and `pid`."""

    def __init__(self) -> None:
        super().__init__()
        self._second = 0
        self._shown = ""

    def format(self, record: logging.LogRecord) -> str:
        members: dict[str, Any] = {
            "time": self._time(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "pid": record.process,
        }
        if fields := fields_of(record):
            members.update(fields)
        if record.exc_info and record.exc_info[1] is not None:
            members["error"] = fault_of(record.exc_info[1])
        line = _encode(members)
        # A UTF-8 character of the basic plane has at most three bytes.
        return line if len(line) * 3 < LONGEST or _fits(line) else _shortened(members)

    def _time(self, created: float) -> str:
        """Return the time as RFC 3339 in UTC, with milliseconds. The part up to the second is cached."""
        second = int(created)
        if second != self._second:
            self._shown = strftime("%Y-%m-%dT%H:%M:%S", gmtime(second))
            self._second = second
        return f"{self._shown}.{int((created - second) * 1000):03d}Z"


def _shortened(members: dict[str, Any]) -> str:
    """Return a line of at most `LONGEST` bytes, with long members cut or dropped."""
    members["shortened"] = True
    message = str(members["message"])
    if len(message) > _KEPT:
        members["message"] = message[:_KEPT] + "…"
    line = _encode(members)
    if not _fits(line) and "error" in members:
        members["error"] = {**members["error"], "cause": None, "trace": members["error"]["trace"][-5:]}
        line = _encode(members)
    if not _fits(line):
        kept = ("time", "level", "logger", "pid", "request_id", "shortened")
        line = _encode({name: members[name] for name in kept if name in members})
    return line


def _fits(line: str) -> bool:
    return len(line.encode(errors="backslashreplace")) < LONGEST


_COLOURS: Final = {"debug": "2", "info": "36", "warning": "33", "error": "31", "critical": "1;31"}
_SHOWN: Final = {"request_id": "request", "duration_ms": "ms"}
"""Shorter names of members."""


class TextFormat(logging.Formatter):
    """Lines for people at a terminal: time of day, level, message and further members."""

    def __init__(self, *, colours: bool) -> None:
        super().__init__()
        self._colours = colours

    def format(self, record: logging.LogRecord) -> str:
        level = record.levelname.lower()
        time = datetime.fromtimestamp(record.created, UTC).astimezone().strftime("%H:%M:%S.%f")[:-3]
        members = " ".join(_member(*item) for item in (fields_of(record) or {}).items())
        line = f"{self._in('2', time)} {self._in(_COLOURS.get(level, '0'), f'{level:7}')} {harmless(record.getMessage())}"
        if members:
            line += f"  {self._in('2', members)}"
        if record.exc_info and record.exc_info[1] is not None:
            line += self._fault(fault_of(record.exc_info[1]))
        return line

    def _fault(self, fault: Mapping[str, Any]) -> str:
        lines = f"\n  {self._in('31', fault['type'])}"
        if "message" in fault:
            lines += f": {harmless(str(fault['message']))}"
        for frame in fault["trace"]:
            lines += f"\n    {frame}"
        return lines + (self._fault(fault["cause"]) if fault.get("cause") else "")

    def _in(self, colour: str, text: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._colours else text


def _member(name: str, value: object) -> str:
    return f"{_SHOWN.get(name, name)}={harmless(str(value))}"


def fields_of(record: logging.LogRecord) -> Mapping[str, object] | None:
    """Return the additional members of a record, or None."""
    return getattr(record, "fields", None)
