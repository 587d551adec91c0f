"""The grammar of `If-Match` and `If-None-Match` (RFC 9110, sections 8.8.3 and 13.1)."""

from __future__ import annotations

from datetime import UTC, datetime

import falcon
import falcon.testing
import pytest

from iotconfig.adapters.http.requests.conditional import (
    check_for_device,
    is_unchanged,
    revision_tag,
    write_precondition,
)
from iotconfig.domain.configs.config import Config
from iotconfig.domain.configs.precondition import UNCONDITIONAL, Precondition
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.errors import PreconditionFailed, ValidationFailed
from iotconfig.domain.mac import MacAddress

NO_LISTS = [
    pytest.param("3", id="no-quotes"),
    pytest.param("'3'", id="single-quotes"),
    pytest.param('"3', id="unclosed"),
    pytest.param('3"', id="unopened"),
    pytest.param('"3" "4"', id="no-comma"),
    pytest.param('"3"4"', id="quote-inside"),
    pytest.param('w/"3"', id="weak-in-lower-case"),
    pytest.param('W / "3"', id="weak-with-space"),
    pytest.param('"3", *', id="star-in-a-list"),
    pytest.param("**", id="two-stars"),
    pytest.param('"*', id="quoted-star-unclosed"),
    pytest.param('"3", 4', id="one-bad-of-two"),
    pytest.param('"a b"', id="space-in-a-tag"),
    pytest.param(",", id="comma"),
    pytest.param('"3", ' * 500 + "x", id="long-and-bad"),
]


def a_request(**headers: str) -> falcon.Request:
    return falcon.testing.create_req(headers={name.replace("_", "-"): v for name, v in headers.items()})


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        pytest.param('"abc"', True, id="the-tag"),
        pytest.param('W/"abc"', True, id="weak"),
        pytest.param('"x", "abc"', True, id="second-of-two"),
        pytest.param('"x","abc","y"', True, id="no-spaces"),
        pytest.param('"x" ,\t"abc" , ', True, id="odd-spaces"),
        pytest.param(', ,"abc",,', True, id="empty-elements"),
        pytest.param("*", True, id="star"),
        pytest.param(" * ", True, id="star-with-space"),
        pytest.param('"a,b", "abc"', True, id="comma-in-a-tag"),
        pytest.param('"x, \\"abc"', False, id="no-escapes-in-tags"),
        pytest.param('"ABC"', False, id="other-case"),
        pytest.param('"abcd"', False, id="longer"),
        pytest.param('""', False, id="empty-tag"),
        pytest.param('"*"', False, id="quoted-star"),
        pytest.param("abc", False, id="unquoted"),
        *[pytest.param(*bad.values, False, id=f"malformed-{bad.id}") for bad in NO_LISTS],
    ],
)
def test_if_none_match_on_reads(header: str, expected: bool) -> None:
    """A read compares weakly; a header that is not a list of tags is ignored."""
    assert expected is is_unchanged(a_request(If_None_Match=header), '"abc"')


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        *[
            (header, True)
            for header in (
                '"abc"', 'W/"abc"', "abc", "'abc'", 'w/"abc"', "W/abc", '\\"abc\\"', '"abc', '"abc-gzip"', '"abc"-gzip', "abc-gzip",
                'W/"abc-gzip"', '"abc--gzip"', '"abc;gzip"', '"abc-br"', '"abc-GZIP"', '"abc"-deflate', '"abc-zstd"',
                '"x", abc', "x ,\tabc-gzip , ", "*", "ab c, abc",
            )
        ],
        *[
            (header, False)
            for header in ("", "abcd", "ABC", '"abc-x"', '"abc-gzi"', "gzip", '"-gzip"', '"abc-gzip-gzip-gzip"', '""abc""', "abc-", "bc")
        ],
    ],
)  # fmt: skip
def test_if_none_match_of_devices(header: str, expected: bool) -> None:
    """The device route also matches a tag without quotes or with a proxy's compression suffix; operator routes do not."""
    request = a_request(If_None_Match=header)

    assert expected is check_for_device(request, '"abc"')
    if header not in ("", "*", '"abc"', 'W/"abc"'):
        assert is_unchanged(request, '"abc"') is False


def test_no_header_is_no_condition() -> None:
    """Without these headers a read is answered in full, and a write is unconditional."""
    assert is_unchanged(a_request(), '"abc"') is False
    assert UNCONDITIONAL == write_precondition(a_request())


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        pytest.param('"3"', Precondition(one_of=frozenset({3})), id="one"),
        pytest.param('"3", "5"', Precondition(one_of=frozenset({3, 5})), id="two"),
        pytest.param(f'"{2**63 - 1}"', Precondition(one_of=frozenset({2**63 - 1})), id="largest"),
        pytest.param("*", Precondition(exists=True), id="star"),
        pytest.param('W/"3"', Precondition(one_of=frozenset()), id="weak-never-matches"),
        pytest.param('W/"3", "4"', Precondition(one_of=frozenset({4})), id="weak-and-strong"),
        pytest.param('"abc"', Precondition(one_of=frozenset()), id="no-revision"),
        pytest.param('"0"', Precondition(one_of=frozenset()), id="zero"),
        pytest.param('"03"', Precondition(one_of=frozenset()), id="leading-zero"),
        pytest.param('"-3"', Precondition(one_of=frozenset()), id="negative"),
        pytest.param('"' + "9" * 5000 + '"', Precondition(one_of=frozenset()), id="5000-digits"),
        pytest.param('"\xb2"', Precondition(one_of=frozenset()), id="superscript-digit"),
    ],
)
def test_if_match_on_writes(header: str, expected: Precondition) -> None:
    """A write compares strongly, with revisions; a tag that is not a revision does not match."""
    assert expected == write_precondition(a_request(If_Match=header))


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        pytest.param("*", Precondition(exists=False), id="star"),
        pytest.param('"3"', Precondition(none_of=frozenset({3})), id="one"),
        pytest.param('W/"3", "4"', Precondition(none_of=frozenset({3, 4})), id="weak-counts"),
        pytest.param('"abc"', Precondition(), id="no-revision"),
    ],
)
def test_if_none_match_on_writes(header: str, expected: Precondition) -> None:
    """On a write, `If-None-Match` names the states that must not be replaced."""
    assert expected == write_precondition(a_request(If_None_Match=header))


@pytest.mark.parametrize("name", ["If_Match", "If_None_Match"])
@pytest.mark.parametrize("header", NO_LISTS)
def test_malformed_conditions_of_writes_are_refused(name: str, header: str) -> None:
    """A malformed condition of a write is refused, not ignored: its sender relies on it."""
    with pytest.raises(ValidationFailed, match=name.replace("_", "-")) as refusal:
        write_precondition(a_request(**{name: header}))

    assert {"header": name.replace("_", "-")} == refusal.value.details


@pytest.mark.parametrize("current", ["absent", "present"])
def test_both_stars_can_never_hold(current: str) -> None:
    """`If-Match: *` with `If-None-Match: *` is never true: nothing may be replaced or created."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    config = Config(1, MacAddress("02:00:00:00:00:01"), ConfigContent.parse("{}"), 1, now, now)
    precondition = write_precondition(a_request(If_Match="*", If_None_Match="*"))

    with pytest.raises(PreconditionFailed):
        precondition.check(config if current == "present" else None)


def test_both_headers_apply() -> None:
    """`If-Match` and `If-None-Match` in one request are both evaluated."""
    expected = Precondition(one_of=frozenset({1, 2}), none_of=frozenset({2}))

    assert expected == write_precondition(a_request(If_Match='"1", "2"', If_None_Match='"2"'))


def test_revision_tag_is_strong() -> None:
    """The validator of an operator's route is the revision in quotes."""
    assert '"12"' == revision_tag(12)
