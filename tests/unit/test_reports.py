"""Reports of devices: what is accepted, what is cut, and which is outdated."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iotconfig.adapters.codec import BodyReader, DeviceReport, report_of_header
from iotconfig.adapters.codec.structured_fields import token_item
from iotconfig.domain.devices.evidence import Evidence, Kind, Newest
from iotconfig.domain.devices.reports import MAX_REASON, Outcome, Report, is_outdated
from iotconfig.domain.errors import IotConfigError, ValidationFailed
from iotconfig.testing.builders import mac
from iotconfig.testing.clocks import START

ACCEPTED = {
    'applied; etag="abc"': Report(Outcome.APPLIED, '"abc"'),
    r'applied;etag="\"abc\""': Report(Outcome.APPLIED, '"abc"'),
    "applied; etag=abc": Report(Outcome.APPLIED, '"abc"'),
    'rejected; etag="W/abc"; n=7; colour=?1; size=1.5; at=@7; raw=:aGk=:; odd': Report(Outcome.REJECTED, '"abc"', number=7),
    'rejected; etag="a"; etag="b"; pointer="/wifi/channel"; reason="15 > 13"; firmware="1.2" ': Report(
        Outcome.REJECTED, '"b"', "/wifi/channel", "15 > 13", "1.2"
    ),
    'rejected; etag="b"; reason=%"zu gro%c3%9f"': Report(Outcome.REJECTED, '"b"', None, "zu groß"),
}  # fmt: skip


@pytest.mark.parametrize("header", ACCEPTED)
def test_a_header_is_read(header: str) -> None:
    """RFC 9651: strings, tokens and numbers; what is not known is ignored, and the last of several counts."""
    assert ACCEPTED[header] == report_of_header(header)


REFUSED = {
    "": "it is empty",
    "installed; etag=a": "begin with applied or rejected",
    "applied": "etag must be the ETag",
    "applied; etag": "etag must be the ETag",
    "applied; etag=7": "etag must be a string",
    'applied; etag="a b"': "etag must be the ETag",
    f'applied; etag="{"a" * 79}"': "etag must be the ETag",
    'applied; etag="a': "character 14 of 16",
    'applied; etag="a"; n="7"': "n must be a whole number",
    'applied; etag="a"; n=-1': "whole number from 0",
    'applied; etag="a"; n=1.5.5': "character 25 of",
    'applied; etag="a"; reason=7': "reason must be a string",
    'applied; etag="a"; reason=%"%ff"': "reason is not UTF-8",
    'applied, etag="a"': "character 8 of",
    'applied; etag="a" x': "character 18 of",
    'applied; Etag="a"': "character 8 of",
    "applied; etag=\x1b[2J": "character",
}


@pytest.mark.parametrize("header", REFUSED)
def test_a_malformed_header_is_refused_with_the_place(header: str) -> None:
    """The sentence names the parameter, or the character."""
    with pytest.raises(ValidationFailed, match=REFUSED[header]):
        report_of_header(header)


@given(st.text(max_size=80))
def test_any_header_is_read_or_refused(text: str) -> None:
    """No other error."""
    with suppress(ValidationFailed):
        token_item(text)


BODIES = {
    b"": "At line 1, column 1",
    b"[]": "expected a JSON object",
    b"\xff": "UTF-8",
    b'{"outcome": "applied"}': "At /etag: this member is required",
    b'{"outcome": "eaten", "etag": "a"}': "At /outcome: expected one of applied, rejected",
    b'{"outcome": "applied", "etag": ""}': "At /etag: expected the ETag",
    b'{"outcome": "applied", "etag": "a", "reason": "\\u0000"}': "u0000",
    b'{"outcome": "applied", "etag": "a", "reason": "\\ud800"}': "surrogate",
    b'{"outcome": "applied", "etag": "a", "n": "1"}': "At /n: expected a whole number",
    b'{"outcome": "applied", "etag": "a", "n": 1e40}': "At /n",
    b'{"outcome": "applied", "etag": "a", "n": -1}': "whole number from 0 to 9223372036854775807",
    b'{"outcome": "applied", "etag": "a", "n": 9223372036854775808}': "/n: expected a whole number of at most 9223372036854775807",
    b'{"outcome": "applied", "etag": "a", "n": -9223372036854775809}': "at most 9223372036854775807",
    b'{"outcome": "applied", "etag": "a", "n": 1' + b"0" * 300 + b"}": "found one of 301 digits",
    b'{"outcome": "applied", "etag": "a", "password": "x"}': "At /password: unknown member; expected outcome, etag, pointer, reason, firmware and n.",
}  # fmt: skip


@pytest.mark.parametrize("body", BODIES)
def test_a_malformed_body_is_refused(body: bytes) -> None:
    """With the member."""
    with pytest.raises(IotConfigError, match=BODIES[body]):
        BodyReader().read(body, DeviceReport).report()


def test_long_texts_are_cut_at_a_character() -> None:
    """In bytes of UTF-8; half of a character would be no text."""
    report = Report(Outcome.REJECTED, '"a"', "/" + "é" * 40, "ab" + "ü" * 50, "v" * 40)

    assert "/" + "é" * 31 == report.pointer
    assert "ab" + "ü" * 39 == report.reason
    assert MAX_REASON == len((report.reason or "").encode())
    assert "v" * 32 == report.firmware


def test_what_controls_a_terminal_is_escaped() -> None:
    """In every text."""
    evil = "\x1b[2J\x00\u202e\ud800"
    report = Report(Outcome.REJECTED, '"a"', evil, evil, evil)

    for text in (report.pointer, report.reason, report.firmware):
        assert r"\x1b[2J\x00\u202e\ud800"[:32] == (text or "")[:32]


@pytest.mark.parametrize("etag", ["", '""', '"' + "a" * 80 + '"', '"ä"', '"\n"'])
def test_an_etag_that_the_service_never_sends_is_refused(etag: str) -> None:
    """Whatever brings the report."""
    with pytest.raises(ValidationFailed, match="The ETag of a report"):
        Report(Outcome.APPLIED, etag)


def _stored(number: int | None, firmware: str | None = "1.2") -> Newest:
    report = Evidence(mac(1), Kind.APPLIED, '"a"', 1, START, firmware=firmware, report_number=number)
    return {Kind.APPLIED: report}


@pytest.mark.parametrize(
    ("number", "stored", "expected"),
    [
        (6, _stored(7), True),
        (7, _stored(7), False),
        (8, _stored(7), False),
        (1, _stored(7, "1.1"), False),
        (None, _stored(7), False),
        (1, _stored(None), False),
        (1, {}, False),
    ],
)
def test_a_lower_number_is_outdated(number: int | None, stored: Newest, expected: bool) -> None:
    """Unless other firmware was installed, which counts from the start."""
    assert expected is is_outdated(Report(Outcome.REJECTED, '"a"', firmware="1.2", number=number), stored)


def test_the_highest_number_is_kept_exactly() -> None:
    """2^63 - 1, which no float has."""
    body = b'{"outcome": "applied", "etag": "a", "n": 9223372036854775807}'
    assert 2**63 - 1 == BodyReader().read(body, DeviceReport).report().number
