"""Lines of the log: each is one JSON object or one readable line, and shows no data of a caller."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import pytest

from iotconfig.adapters.logs import JsonFormat, TextFormat
from iotconfig.adapters.logs.formats import LONGEST
from iotconfig.domain.errors import ValidationFailed

SECRET = "correct-horse-battery"


def record(
    message: str, *arguments: object, error: BaseException | None = None, **fields: object
) -> logging.LogRecord:
    made = logging.LogRecord(
        "iotconfig.test", logging.WARNING, "", 0, message, arguments,
        (type(error), error, error.__traceback__) if error else None,
    )  # fmt: skip
    made.fields = fields
    return made


def raised(error: BaseException, cause: BaseException | None = None) -> BaseException:
    """The error with a traceback, as if it had been raised."""
    try:
        raise error from cause
    except type(error):
        found = sys.exc_info()[1]
    assert found is not None
    return found


def line(made: logging.LogRecord) -> Any:
    text = JsonFormat().format(made)
    assert "\n" not in text
    return json.loads(text)


def test_a_record_is_one_object() -> None:
    """The object has the message, the level and the additional members of the record."""
    found = line(record("said %s", "so", request_id="r1", status=503))

    assert ("said so", "warning", "iotconfig.test") == (found["message"], found["level"], found["logger"])
    assert ("r1", 503) == (found["request_id"], found["status"])
    assert found["time"].endswith("Z")


def test_line_breaks_do_not_break_lines() -> None:
    """Text from a caller cannot begin a new line."""
    message = 'a\nb\r"c"\x1b[31m\u2028'

    assert message == line(record("%s", message))["message"]
    assert ["\\n", "\\r", "\\x1b", "\\u2028"] == [
        escape for escape in ("\\n", "\\r", "\\x1b", "\\u2028") if escape in TextFormat(colours=False).format(record("%s", message))
    ]  # fmt: skip
    assert 1 == len(TextFormat(colours=False).format(record("%s", message)).splitlines())


@pytest.mark.parametrize(
    "error",
    [
        ValueError(f"bad: {SECRET}"),
        KeyError(SECRET),
        RuntimeError(SECRET),
        UnicodeEncodeError("ascii", SECRET, 0, 1, SECRET),
        OSError(2, "No such file or directory", f"/home/{SECRET}"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_unexpected_errors_are_logged_without_values(error: Exception) -> None:
    """The class and the stack are logged, not the message of the exception, which may contain data."""
    made = record("failed", error=raised(error, raised(ValueError(SECRET))))
    shown = JsonFormat().format(made) + TextFormat(colours=True).format(made)

    assert SECRET not in shown
    assert type(error).__name__ in shown
    assert f"{__name__}:" in shown
    assert __file__ not in shown


def test_safe_messages_are_logged() -> None:
    """Messages of domain errors, programming errors and system errors are logged, each with its causes."""
    bug = raised(
        TypeError("f() takes 1 positional argument but 2 were given"), raised(ValidationFailed("too long"))
    )
    logged = line(record("failed", error=bug))["error"]

    assert "builtins.TypeError" == logged["type"]
    assert "f() takes 1 positional argument but 2 were given" == logged["message"]
    assert "too long" == logged["cause"]["message"]
    assert (
        "Connection refused"
        == line(record("x", error=raised(OSError(111, "Connection refused"))))["error"]["message"]
    )


@pytest.mark.parametrize(
    "message", ["x" * 10_000, "\x00" * 3_000, "€" * 5_000], ids=["long", "escaped", "wide"]
)
def test_a_line_fits_an_atomic_write_to_a_pipe(message: str) -> None:
    """Lines of several workers do not mix; a shortened line says so."""
    made = record("%s", message, error=raised(ValueError("no")), request_id="r1")
    text = JsonFormat().format(made)

    assert len(text.encode()) < LONGEST
    assert ("r1", True) == (json.loads(text)["request_id"], json.loads(text)["shortened"])


def test_colours_do_not_change_the_text() -> None:
    """The words are the same with colours and without."""
    made = record("said", request_id="r1")

    assert "\x1b[33m" in TextFormat(colours=True).format(made)
    assert "\x1b" not in TextFormat(colours=False).format(made)
    assert "warning said  request=r1" in " ".join(TextFormat(colours=False).format(made).split(" ")).replace(
        "  said", " said"
    )
