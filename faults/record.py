"""The record of operations: one line when an operation begins, and one when it ends.

Each line is one `write` to a file in append mode, so no line is lost if the harness is
killed; an operation without an end counts as begun. Each process writes its own
file. Times are from the machine's monotonic clock, which all processes share.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from itertools import count
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, Final, Self

from attrs import evolve, field, frozen

NO_ANSWER: Final = 0
"""The status of an operation whose connection failed, so that its result is unknown."""


@frozen
class Operation:
    """One operation, with its begin and its end."""

    kind: str
    """`fetch`, `write`, `health`, `received`, `fault`, …"""
    subject: str
    """Usually a MAC address."""
    begun: float
    ended: float | None = None
    """None if the process ended before the operation did."""
    status: int | None = None
    """The HTTP status; `NO_ANSWER` without an answer, None if the operation did not end."""
    facts: Mapping[str, Any] = field(factory=dict)

    @property
    def seconds(self) -> float:
        """The duration in seconds; infinite if the operation did not end."""
        return float("inf") if self.ended is None else self.ended - self.begun

    @property
    def is_done(self) -> bool:
        """Whether the operation was acknowledged."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_refused(self) -> bool:
        """Whether the operation was refused: neither acknowledged nor in doubt."""
        return self.status is not None and (300 <= self.status < 500 or self.status == 507)


class Recorder:
    """Appends to one file; thread-safe."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._numbers = count()

    def begin(self, kind: str, subject: str, at: float | None = None, **facts: object) -> int:
        """Record that an operation begins, or was due `at` a time; returns its number."""
        number = next(self._numbers)
        begun = monotonic() if at is None else at
        self._write({"begin": number, "kind": kind, "subject": subject, "at": begun, **_spelt(facts)})
        return number

    def end(self, number: int, status: int, **facts: object) -> None:
        """Record the end of an operation."""
        self._write({"end": number, "status": status, "at": monotonic(), **_spelt(facts)})

    def note(self, kind: str, subject: str, **facts: object) -> float:
        """Record an event; returns its time."""
        at = monotonic()
        self.end(self.begin(kind, subject, at, **facts), 200)
        return at

    def close(self) -> None:
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _write(self, line: Mapping[str, object]) -> None:
        data = json.dumps(line, separators=(",", ":")).encode() + b"\n"
        written = os.write(self._descriptor, data)
        if written != len(data):
            raise OSError(f"the record took {written} of {len(data)} bytes")


def _spelt(facts: Mapping[str, object]) -> dict[str, object]:
    return {"facts": facts} if facts else {}


def read(directory: Path, name: str = "*") -> list[Operation]:
    """All operations in the files of a directory, or in one file, in the order of their begin.

    A last line that was cut off is left out; any other that is no JSON raises `ValueError`.
    """
    operations = [one for path in sorted(directory.glob(f"{name}.jsonl")) for one in _read(path)]
    return sorted(operations, key=lambda operation: operation.begun)


def _read(path: Path) -> Iterable[Operation]:
    begun: dict[int, Operation] = {}
    *lines, _cut_off = path.read_bytes().split(b"\n")
    for text in lines:
        line = json.loads(text)
        facts = line.get("facts", {})
        if "begin" in line:
            begun[line["begin"]] = Operation(line["kind"], line["subject"], line["at"], facts=facts)
        else:
            one = begun[line["end"]]
            begun[line["end"]] = evolve(
                one, ended=line["at"], status=line["status"], facts={**one.facts, **facts}
            )
    return begun.values()


def of(record: Iterable[Operation], *kinds: str) -> list[Operation]:
    """The operations of these kinds."""
    return [operation for operation in record if operation.kind in kinds]
