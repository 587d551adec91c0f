"""Durations on the command line."""

from __future__ import annotations

from datetime import timedelta

import click
import pytest

from iotconfig.adapters.cli.durations import duration, short


def read(text: str) -> timedelta:
    """The duration that an option gets."""
    return duration(click.Context(click.Command("wait")), click.Option(["--timeout"]), text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0), ("90s", 90), ("10m", 600), ("2h", 7200), ("1d", 86400), ("1w", 604800)],
)
def test_spellings(text: str, seconds: int) -> None:
    """A number with its unit."""
    assert timedelta(seconds=seconds) == read(text)


@pytest.mark.parametrize(
    "text", ["", "10", "m", "-1m", "1.5h", "10 m", "0s", "1h30m", "10M", "1m\n", "٣m", "9999999s", "1e3s"]
)
def test_other_texts_are_refused(text: str) -> None:
    """The error shows what is accepted."""
    with pytest.raises(click.BadParameter, match="is not a duration: use 90s, 10m, 2h or 0"):
        read(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "0s"), (0, "0s"), (59.9, "59s"), (60, "1m"), (3599, "59m"), (7200, "2h"), (86400 * 9.9, "9d")],
)
def test_short_texts(seconds: float, text: str) -> None:
    """One unit, rounded down; a clock that goes back makes no negative age."""
    assert text == short(timedelta(seconds=seconds))
