"""Repeated log messages are written once, and counted."""

from __future__ import annotations

import logging
from typing import Any

from iotconfig.adapters.logs import Repeats
from iotconfig.adapters.logs.repeats import WINDOW


class ManualClock:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def record(message: str, level: int = logging.WARNING, error: Any = None) -> logging.LogRecord:
    return logging.LogRecord("iotconfig.test", level, "", 0, message, None, error)


def test_a_repeated_warning_is_dropped_and_counted() -> None:
    """It is written once within the window; the next one after it has the number of dropped ones."""
    clock = ManualClock()
    repeats = Repeats(clock)

    assert [True, False, False] == [bool(repeats.filter(record("away"))) for _ in range(3)]
    clock.now = WINDOW
    again = record("away")
    assert repeats.filter(again)
    assert {"repeated": 2} == again.fields  # type: ignore[attr-defined]


def test_other_messages_pass() -> None:
    """Only a message with the same words is a repetition."""
    repeats = Repeats(ManualClock())

    assert [True, True] == [bool(repeats.filter(record(text))) for text in ("away", "refused")]


def test_access_lines_and_faults_always_pass() -> None:
    """Lines about one request, and lines about defects, are never dropped."""
    repeats = Repeats(ManualClock())
    fault = (ValueError, ValueError(), None)

    assert [True, True] == [bool(repeats.filter(record("GET", logging.INFO))) for _ in range(2)]
    assert [True, True] == [bool(repeats.filter(record("bug", logging.ERROR, fault))) for _ in range(2)]


def test_the_number_of_remembered_messages_is_bounded() -> None:
    """Messages that differ each time do not fill the memory."""
    repeats = Repeats(ManualClock())
    for number in range(10_000):
        repeats.filter(record(f"number {number}"))

    assert len(repeats._seen) < 1_000
