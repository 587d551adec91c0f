"""Timestamps: the formats that the languages of build pipelines print are accepted, and no others."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from iotconfig.domain.assets.timestamps import parse_timestamp

MOMENT = datetime(2026, 1, 31, 12, 0, 5, tzinfo=UTC)
SECONDS = int(MOMENT.timestamp())

BAD = [
    "", " ", "now", "today", "12:00:05", "2026-01-31", "2026-01", "2026-W05-6T12:00:05Z", "2026-031T12:00:05Z",
    "2026-02-30T12:00:05Z", "2026-13-01T12:00:05Z", "2026-01-31T24:00:01Z", "2026-01-31T12:60:05Z", "2026-01-31T12:00:61Z",
    "2026-01-31T12Z", "2026-01-31T12:00:05+25:00", "2026-01-31T12:00:05 Z", "2026-01-31T12:00:05ZZ", "2026-01-31T12:00:05UTC",
    "2026-01-31T12:00:05.Z", "2026-01-31T12:00:05.1234567890Z", "26-01-31T12:00:05Z", "02026-01-31T12:00:05Z", "2026/01/31 12:00:05",
    "Sat, 31 Jan 2026 12:00:05 GMT", "2026-01-31T12:00:05Z\nfirmware.bin\nabc", "2026-01-31T12:00:05Z x", "x2026-01-31T12:00:05Z",
    f"{SECONDS}000", f"-{SECONDS}", f"+{SECONDS}", f"{SECONDS}.", f".{SECONDS}", f"{SECONDS}e0", f"{SECONDS}s", "1_769_860_805",
    "1e9", "0x69", "NaN", "inf", "\u0661\u0667\u0666\u0669", "\uff12026-01-31T12:00:05Z", "2026-01-31T12:00:05Z\0", "\ufffd",
    "\u00a02026-01-31T12:00:05Z", "9" * 12, "9" * 5000,
]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31T12:00:05Z", "2026-01-31T12:00:05z", "2026-01-31t12:00:05Z", "2026-01-31 12:00:05Z", "2026-01-31T12:00:05",
        "2026-01-31 12:00:05", "2026-01-31T12:00:05+00:00", "2026-01-31T13:00:05+01:00", "2026-01-31T13:00:05+0100",
        "2026-01-31T13:00:05+01", "2026-01-31T06:30:05-05:30", "20260131T120005Z", "2026-01-31T12:00:05.000Z",
        "2026-01-31T12:00:05,0Z", "2026-01-31T12:00:05.000000000Z", "2026-01-31T12:00:05.0000009Z", f"{SECONDS}", f"{SECONDS}.0",
        f"{SECONDS}.0000009", f"{SECONDS}\n", "2026-01-31T12:00:05Z\r\n", " 2026-01-31T12:00:05Z ",
    ],
)  # fmt: skip
def test_spellings_of_one_moment(text: str) -> None:
    """ISO 8601 with Z, with an offset or with neither, and Unix seconds; surrounding line breaks are ignored."""
    assert MOMENT == parse_timestamp(text)


@pytest.mark.parametrize(
    "text", ["2026-01-31T12:00:05.250Z", "2026-01-31T13:00:05,25+01:00", "2026-01-31T12:00:05.25", f"{SECONDS}.25"]
)  # fmt: skip
def test_fractions_of_a_second(text: str) -> None:
    """Fractions are kept to the microsecond."""
    assert MOMENT.replace(microsecond=250_000) == parse_timestamp(text)


def test_seconds_are_optional() -> None:
    """ISO 8601 allows a time of hours and minutes."""
    assert MOMENT.replace(second=0) == parse_timestamp("2026-01-31T12:00Z")


@pytest.mark.parametrize(
    "text", ["0", "99999999999", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]
)
def test_far_times_can_be_compared(text: str) -> None:
    """Each result has a time zone, and its distance from now can be computed."""
    moment = parse_timestamp(text)

    assert moment is not None
    assert abs((moment - MOMENT).days) > 1000


@pytest.mark.parametrize("text", BAD, ids=[ascii(text)[:30] for text in BAD])
def test_other_texts_are_refused(text: str) -> None:
    """Other formats, other digits, and text after the timestamp, as the other form of signature has."""
    assert None is parse_timestamp(text)
