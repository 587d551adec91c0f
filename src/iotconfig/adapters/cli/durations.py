"""Durations, as a user writes and reads them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

import click

_SPAN: Final = re.compile(r"([1-9][0-9]{0,5})([smhdw])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_LARGER: Final = ((timedelta(days=1), "d"), (timedelta(hours=1), "h"), (timedelta(minutes=1), "m"))


def span_of(text: str, units: str = "".join(_UNITS)) -> timedelta | None:
    """The duration that a text is, such as `90d`; None for other text. units: the letters that it may end with."""
    found = _SPAN.fullmatch(text)
    if found is None or found[2] not in units:
        return None
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def duration(_ctx: click.Context, _param: click.Parameter, text: str) -> timedelta:
    """Callback of an option that takes a duration: `90s`, `10m`, `2h`, `1d`, `1w`, or `0`."""
    found = timedelta() if text == "0" else span_of(text)
    if found is None:
        raise click.BadParameter(f"'{text}' is not a duration: use 90s, 10m, 2h or 0.")
    return found


def short(duration: timedelta) -> str:
    """The duration in the largest unit that it fills, rounded down: `3m`."""
    for unit, letter in _LARGER:
        if duration >= unit:
            return f"{duration // unit}{letter}"
    return f"{max(int(duration.total_seconds()), 0)}s"
