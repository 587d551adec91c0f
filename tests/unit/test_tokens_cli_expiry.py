"""The spellings of a token's expiry on the command line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click
import pytest

from iotconfig.adapters.cli.expiry import expiry

_CONTEXT = click.Context(click.Command("create"))
_OPTION = click.Option(["--expires"])


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2027-06-30", datetime(2027, 7, 1, tzinfo=UTC)),
        ("2027-06-30T12:00:00", datetime(2027, 6, 30, 12, tzinfo=UTC)),
        ("2027-06-30T12:00:00Z", datetime(2027, 6, 30, 12, tzinfo=UTC)),
        ("2027-06-30 12:00+02:00", datetime(2027, 6, 30, 10, tzinfo=UTC)),
    ],
)
def test_times(text: str, moment: datetime) -> None:
    """A date means its end; a time without an offset is in UTC."""
    assert moment == expiry(_CONTEXT, _OPTION, text)


@pytest.mark.parametrize(
    ("text", "span"), [("12h", timedelta(hours=12)), ("90d", timedelta(days=90)), ("6w", timedelta(weeks=6))]
)
def test_durations(text: str, span: timedelta) -> None:
    """A duration starts now."""
    before = datetime.now(UTC)

    found = expiry(_CONTEXT, _OPTION, text)

    assert found is not None
    assert before + span <= found <= datetime.now(UTC) + span


def test_without_the_option_a_token_never_expires() -> None:
    """The option is not required."""
    assert expiry(_CONTEXT, _OPTION, None) is None


@pytest.mark.parametrize(
    "text", ["", "soon", "0d", "-1d", "1.5d", "90", "d", "٣d", "9999999d", "999999w", "2027-13-01"]
)
def test_invalid_expiries(text: str) -> None:
    """The refusal shows a valid one."""
    with pytest.raises(click.BadParameter, match="use 90d, 12h"):
        expiry(_CONTEXT, _OPTION, text)
