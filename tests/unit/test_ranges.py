"""The grammar of `Range` and `If-Range` (RFC 9110, sections 13.1.5 and 14.2)."""

from __future__ import annotations

import falcon
import falcon.testing
import pytest

from iotconfig.adapters.http.requests.ranges import Span, requested_span

TAG = '"abc"'
SIZE = 1000


def span(header: str | None, *, size: int = SIZE, if_range: str | None = None) -> Span | None:
    given = {"Range": header, "If-Range": if_range}
    headers = {name: value for name, value in given.items() if value is not None}
    return requested_span(falcon.testing.create_req(headers=headers), TAG, size)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-0", Span(0, 1)),
        ("bytes=0-499", Span(0, 500)),
        ("bytes=500-999", Span(500, 500)),
        ("bytes=999-999", Span(999, 1)),
        ("bytes=0-", Span(0, 1000)),
        ("bytes=999-", Span(999, 1)),
        ("bytes=-1", Span(999, 1)),
        ("bytes=-1000", Span(0, 1000)),
        ("bytes=-5000", Span(0, 1000)),
        ("bytes=0-999999999999999999", Span(0, 1000)),
        ("bytes=990-5000", Span(990, 10)),
        ("bytes=0007-0008", Span(7, 2)),
        ("BYTES=0-1", Span(0, 2)),
        ("bytes= 0-1 ", Span(0, 2)),
        ("bytes=, 0-1\t,", Span(0, 2)),
        (f"bytes={'0' * 30}5-{'0' * 30}", None),
    ],
)
def test_one_range(header: str, expected: Span) -> None:
    """A range has a first and a last byte, only a first one, or the number of last bytes."""
    assert expected == span(header)


@pytest.mark.parametrize(
    "header",
    [
        "", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=1", "bytes=1-2-3", "bytes=5-3", "bytes=0x0-0x1", "bytes=+1-2",
        "bytes=1.0-2", "bytes=0 - 1", "bytes 0-1", "bytes:0-1", "bytes=\u0661-", "items=0-1", "=0-1",
        "bytes=0-1,5-6", "bytes=0-1, 5-6", "bytes=5-6,-1", "bytes=0-1bytes=5-6", f"bytes={'9' * 19}-", f"bytes=0-{'9' * 4000}",
        f"bytes=-{'1' * 4000}", ",".join(["bytes=0-1"] * 100),
    ],
    ids=lambda header: header[:24] or "empty",
)  # fmt: skip
def test_malformed_and_multiple_ranges_are_ignored(header: str) -> None:
    """The whole representation is sent, as RFC 9110 allows."""
    assert None is span(header)


def test_without_a_range_all_is_sent() -> None:
    """`If-Range` alone has no effect."""
    assert None is span(None)
    assert None is span(None, if_range=TAG)


@pytest.mark.parametrize(
    "header", ["bytes=1000-", "bytes=1000-1000", "bytes=5000-6000", "bytes=-0", "bytes=-000"]
)
def test_a_range_beyond_the_end_is_refused(header: str) -> None:
    """416 has the size of the representation."""
    with pytest.raises(falcon.HTTPRangeNotSatisfiable) as refused:
        span(header)

    assert {"Content-Range": "bytes */1000"} == dict(refused.value.headers or {})


@pytest.mark.parametrize(
    ("if_range", "expected"),
    [
        pytest.param(TAG, Span(5, 995), id="the same"),
        pytest.param('"other"', None, id="another"),
        pytest.param(f"W/{TAG}", None, id="weak"),
        pytest.param("abc", None, id="no quotes"),
        pytest.param(f'{TAG}, "other"', None, id="a list"),
        pytest.param("*", None, id="star"),
        pytest.param("", None, id="empty"),
        pytest.param("Sat, 31 Jan 2026 12:00:05 GMT", None, id="a date"),
    ],
)
def test_if_range_asks_for_the_same_bytes(if_range: str, expected: Span | None) -> None:
    """The range applies only if the strong tag is equal; otherwise the whole representation is sent."""
    assert expected == span("bytes=5-", if_range=if_range)


def test_another_representation_makes_no_range_unsatisfiable() -> None:
    """If the tag differs, a range beyond the end is ignored."""
    assert None is span("bytes=5000-", if_range='"other"')


def test_ranges_of_an_empty_representation() -> None:
    """The last bytes of an empty representation are all of it; a first byte is beyond its end."""
    assert None is span("bytes=-5", size=0)
    with pytest.raises(falcon.HTTPRangeNotSatisfiable):
        span("bytes=0-", size=0)


def test_content_range_names_the_last_byte() -> None:
    """`Content-Range` counts from 0 and includes the last byte."""
    assert "bytes 990-999/1000" == Span(990, 10).content_range(SIZE)
