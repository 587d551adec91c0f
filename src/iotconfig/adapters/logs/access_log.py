"""The access log. It is on the hot path of every device, so its JSON is written by hand."""

from __future__ import annotations

import logging
import os
from json.encoder import encode_basestring_ascii
from time import gmtime, strftime, time
from typing import Final

from iotconfig.adapters.telemetry import Answered

from .output import Output

log = logging.getLogger("iotconfig.access")

_REFUSED: Final = 400


class LoggedAccess:
    """Logs answers as records of the logger `iotconfig.access`, in its format."""

    def answered(self, answer: Answered) -> None:
        level = level_of(answer)
        if not log.isEnabledFor(level):
            return
        fields: dict[str, object] = {
            "request_id": answer.request_id,
            "method": answer.method,
            "route": answer.route,
            "status": answer.status,
            "duration_ms": round(answer.seconds * 1000, 2),
        }
        if answer.code:
            fields["code"] = answer.code
        if answer.mac_address:
            fields["mac"] = answer.mac_address
        if answer.author:
            fields["author"] = answer.author
        log.log(level, "%s %s %d", answer.method, answer.route, answer.status, extra={"fields": fields})


class WrittenAccess:
    """Writes answers as lines of `JsonFormat` directly to the output."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._second = 0
        self._shown = ""
        # The constant parts of a line, for each combination of route, method and status.
        self._known: dict[tuple[str, str, int], tuple[int, str, str]] = {}

    def answered(self, answer: Answered) -> None:
        key = (answer.route, answer.method, answer.status)
        level, begin, middle = self._known.get(key) or self._meet(answer, key)
        if not log.isEnabledFor(level):
            return
        now = time()
        second = int(now)
        if second != self._second:
            self._second = second
            self._shown = f'{{"time": "{strftime("%Y-%m-%dT%H:%M:%S", gmtime(second))}'
        more = f', "code": "{answer.code}"' if answer.code else ""
        if answer.mac_address:
            more += f', "mac": "{answer.mac_address}"'
        if answer.author:
            more += f', "author": {encode_basestring_ascii(answer.author)}'
        line = (
            f"{self._shown}.{int((now - second) * 1000):03d}{begin}{answer.request_id}"
            f"{middle}{int(answer.seconds * 100_000) / 100}{more}}}\n"
        )
        self._output.write(line.encode())

    def _meet(self, answer: Answered, key: tuple[str, str, int]) -> tuple[int, str, str]:
        level = level_of(answer)
        begin = (
            f'Z", "level": "{logging.getLevelName(level).lower()}", "logger": "{log.name}", '
            f'"message": "{answer.method} {answer.route} {answer.status}", "pid": {os.getpid()}, "request_id": "'
        )
        middle = f'", "method": "{answer.method}", "route": "{answer.route}", "status": {answer.status}, "duration_ms": '
        found = self._known[key] = (level, begin, middle)
        return found


def level_of(answer: Answered) -> int:
    """Return `info`, but `debug` for successful answers of polled routes."""
    return logging.DEBUG if answer.is_polled and answer.status < _REFUSED else logging.INFO
