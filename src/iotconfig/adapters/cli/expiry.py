"""Expiry times of tokens, as a user writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click

from .durations import span_of
from .moments import moment_in


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
    if (span := span_of(text, "hdw")) is not None:
        return datetime.now(UTC) + span
    found, is_date = moment_in(text)
    return found + timedelta(days=1) if is_date else found
