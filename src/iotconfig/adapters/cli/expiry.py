"""Expiry times of tokens, as a user writes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

import click

_SPAN: Final = re.compile(r"([1-9][0-9]{0,5})([hdw])")
_UNITS: Final = {"h": "hours", "d": "days", "w": "weeks"}


def expiry(_ctx: click.Context, _param: click.Parameter, text: str | None) -> datetime | None:
    """Callback of an option that takes a future time, in UTC.

    `90d`, `12h` or `6w` from now; a date, at its end; or a time with its offset.
    """
    if text is None:
        return None
    try:
        return _moment(text)
    except (ValueError, OverflowError):
        raise click.BadParameter(
            f"'{text}' is not a time: use 90d, 12h, 2027-06-30 or 2027-06-30T12:00:00Z."
        ) from None


def _moment(text: str) -> datetime:
    if span := _SPAN.fullmatch(text):
        return datetime.now(UTC) + timedelta(**{_UNITS[span[2]]: int(span[1])})
    found = datetime.fromisoformat(text)
    if "T" not in text and " " not in text:
        found += timedelta(days=1)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
