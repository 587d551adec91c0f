"""The time that an upload was signed at, in the spellings that build pipelines print."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

# A date and a time of day, so that `fromisoformat` gets nothing of what else it takes.
_ISO_8601: Final = re.compile(
    r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}[Tt ][0-9]{2}[0-9:]{2,6}(?:[.,][0-9]{1,9})?(?:[Zz]|[+-][0-9:]{2,5})?"
)
_UNIX: Final = re.compile(r"([0-9]{1,11})(?:\.([0-9]{1,9}))?")


def parse_timestamp(text: str) -> datetime | None:
    """The time that `text` spells, aware and in whole microseconds; None where it spells none.

    `text`: ISO 8601 or RFC 3339 with `Z`, an offset, or neither, which counts as
    UTC; or Unix seconds. Both may have fractions of a second. Space around it
    is left out of account; ASCII only.
    """
    text = text.strip(" \t\r\n")
    if unix := _UNIX.fullmatch(text):
        microseconds = int((unix[2] or "").ljust(6, "0")[:6])
        return _EPOCH + timedelta(seconds=int(unix[1]), microseconds=microseconds)
    if _ISO_8601.fullmatch(text) is None:
        return None
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
