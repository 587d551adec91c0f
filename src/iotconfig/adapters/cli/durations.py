"""Durations, as a user writes and reads them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

import click

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_PART: Final = re.compile("([0-9]{1,6})([smhd])")
_WHOLE: Final = re.compile(f"(?:{_PART.pattern})+|0")
_LARGER: Final = ((timedelta(days=1), "d"), (timedelta(hours=1), "h"), (timedelta(minutes=1), "m"))


def duration(_ctx: click.Context, _param: click.Parameter, text: str) -> timedelta:
    """Callback of an option that takes a duration: `90s`, `10m`, `2h`, `1d`, `1h30m`, or `0`."""
    if _WHOLE.fullmatch(text) is None:
        raise click.BadParameter(f"'{text}' is not a duration: use 90s, 10m, 2h, 1d, 1h30m or 0.")
    return sum((timedelta(**{_UNITS[part[2]]: int(part[1])}) for part in _PART.finditer(text)), timedelta())


def short(duration: timedelta) -> str:
    """The duration in the largest unit that it fills, rounded down: `3m`."""
    for unit, letter in _LARGER:
        if duration >= unit:
            return f"{duration // unit}{letter}"
    return f"{max(int(duration.total_seconds()), 0)}s"
