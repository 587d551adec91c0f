"""Times in the past, as a user writes them on the command line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click
import pytest

from iotconfig.adapters.cli.moments import complete_days, past_moment

_CONTEXT, _OPTION = click.Context(click.Command("changes")), click.Option(["--since"])


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2027-06-30", datetime(2027, 6, 30, tzinfo=UTC)),
        ("2027-06-30T12:00:00", datetime(2027, 6, 30, 12, tzinfo=UTC)),
        ("2027-06-30T12:00:00Z", datetime(2027, 6, 30, 12, tzinfo=UTC)),
        ("2027-06-30 12:00+02:00", datetime(2027, 6, 30, 10, tzinfo=UTC)),
    ],
)
def test_times(text: str, moment: datetime) -> None:
    """A date means its beginning; a time without an offset is in UTC."""
    assert moment == past_moment(_CONTEXT, _OPTION, text)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("30m", timedelta(minutes=30)),
        ("2h", timedelta(hours=2)),
        ("7d", timedelta(days=7)),
        ("2w", timedelta(weeks=2)),
    ],
)
def test_durations(text: str, span: timedelta) -> None:
    """A duration ends now."""
    before = datetime.now(UTC)

    found = past_moment(_CONTEXT, _OPTION, text)

    assert found is not None
    assert before - span <= found <= datetime.now(UTC) - span


@pytest.mark.parametrize(("text", "days"), [("today", 0), ("yesterday", 1), ("Yesterday", 1)])
def test_days(text: str, days: int) -> None:
    """A day begins at midnight in UTC."""
    found = past_moment(_CONTEXT, _OPTION, text)
    assert found is not None
    age = datetime.now(UTC) - timedelta(days=days) - found

    assert (0, 0, 0, 0) == (found.hour, found.minute, found.second, found.microsecond)
    assert timedelta(0) <= age < timedelta(days=1, minutes=5)


@pytest.mark.parametrize(
    "text",
    ["", "soon", "0d", "-1d", "1.5d", "90", "d", "٣d", "999999w", "2027-13-01", "tomorrow", "1y", "2 h"],
)
def test_what_is_no_time(text: str) -> None:
    """The refusal shows what is."""
    with pytest.raises(click.BadParameter, match="use 2h, 7d, today, yesterday, 2027-06-30 or"):
        past_moment(_CONTEXT, _OPTION, text)


def test_without_the_option_there_is_no_time() -> None:
    """The option is not required."""
    assert past_moment(_CONTEXT, _OPTION, None) is None


def test_completion() -> None:
    """The words for days are completed."""
    assert ["yesterday"] == [each.value for each in complete_days(_CONTEXT, _OPTION, "y")]
