"""Parsing of an upload's timestamp, in the formats that build pipelines print."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

# Restricts `fromisoformat`, which also accepts dates alone and week dates.
_ISO_8601: Final = re.compile(
    r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}[Tt ][0-9]{2}[0-9:]{2,6}(?:[.,][0-9]{1,9})?(?:[Zz]|[+-][0-9:]{2,5})?"
)
_UNIX: Final = re.compile(r"([0-9]{1,11})(?:\.([0-9]{1,9}))?")


def parse_timestamp(text: str) -> datetime | None:
    """Parse a timestamp. Returns an aware time in whole microseconds; None where the text is not one.

    `text`: ISO 8601 or RFC 3339 with `Z` or an offset, without either in UTC; or Unix
    seconds. Both may have fractions of a second. Surrounding space is ignored; ASCII only.
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
