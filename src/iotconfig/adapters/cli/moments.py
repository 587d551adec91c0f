"""Times as a user writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import click
from click.shell_completion import CompletionItem

from .durations import span_of

_DAYS: Final = {"today": 0, "yesterday": 1}


def moment_in(text: str) -> tuple[datetime, bool]:
    """The time that a text is in ISO 8601, and whether it is a date only, which stands for its beginning.

    Without an offset it is in UTC. Raises `ValueError`, and `OverflowError`.
    """
    found = datetime.fromisoformat(text)
    is_date = "T" not in text and " " not in text
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC), is_date


def past_moment(ctx: click.Context, param: click.Parameter, text: str | None) -> datetime | None:
    """Callback of an option that takes a time in the past, in UTC: `yesterday`, `2h`, a date, or a time."""
    if text is None:
        return None
    try:
        return _past(text)
    except (ValueError, OverflowError):
        raise click.BadParameter(
            f"'{text}' is not a time: use 2h, 7d, today, yesterday, 2027-06-30 or 2027-06-30T12:00:00Z.",
            ctx,
            param,
        ) from None


def complete_days(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The words for days that begin as the given one."""
    return [CompletionItem(day) for day in _DAYS if day.startswith(incomplete)]


def _past(text: str) -> datetime:
    now = datetime.now(UTC)
    if (span := span_of(text)) is not None:
        return now - span
    if (days := _DAYS.get(text.lower())) is not None:
        return now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days)
    return moment_in(text)[0]
