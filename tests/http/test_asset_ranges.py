"""Ranges of assets, for clients that resume downloads."""

from __future__ import annotations

import hashlib
import os

import pytest

from tests.support.api import expect_problem
from tests.support.depot import AssetClient, new_name

CONTENT = os.urandom(3_000_000)
TAG = f'"{hashlib.sha256(CONTENT).hexdigest()}"'


@pytest.fixture(scope="module")
def path(shared_depot: AssetClient) -> str:
    """The path of an asset."""
    return shared_depot.uploaded(new_name(), CONTENT)


@pytest.mark.parametrize(
    ("requested", "first", "last"),
    [
        ("0-0", 0, 0),
        ("0-65535", 0, 65_535),
        ("1-65536", 1, 65_536),
        ("1000000-", 1_000_000, 2_999_999),
        ("-1", 2_999_999, 2_999_999),
        ("-70000", 2_930_000, 2_999_999),
        ("0-", 0, 2_999_999),
        ("2999999-99999999", 2_999_999, 2_999_999),
    ],
)
def test_a_range(depot: AssetClient, path: str, requested: str, first: int, last: int) -> None:
    """206 has these bytes, their range and the digest of the whole, and no digest of the part."""
    answer = depot.client.get(path, Range=f"bytes={requested}")

    assert 206 == answer.status
    assert CONTENT[first : last + 1] == answer.body
    assert f"bytes {first}-{last}/3000000" == answer.headers["content-range"]
    assert str(last + 1 - first) == answer.headers["content-length"]
    assert (TAG, "bytes") == (answer.headers["etag"], answer.headers["accept-ranges"])
    assert depot.client.get(path).headers["repr-digest"] == answer.headers["repr-digest"]
    assert "content-digest" not in answer.headers


@pytest.mark.parametrize(
    "requested", ["bytes=0-1,3-4", "bytes=9-1", "bytes=x", "items=0-1", "bytes=" + "0-1," * 500]
)
def test_malformed_and_multiple_ranges_are_ignored(depot: AssetClient, path: str, requested: str) -> None:
    """The answer is the whole asset."""
    answer = depot.client.get(path, Range=requested)

    assert (200, CONTENT) == (answer.status, answer.body)


@pytest.mark.parametrize("requested", ["3000000-", "9999999-9999999", "-0"])
def test_a_range_beyond_the_end(depot: AssetClient, path: str, requested: str) -> None:
    """416 has the size."""
    answer = depot.client.get(path, Range=f"bytes={requested}")

    expect_problem(answer, 416, "VALIDATION_FAILED")
    assert "bytes */3000000" == answer.headers["content-range"]


def test_head_ignores_ranges(depot: AssetClient, path: str) -> None:
    """RFC 9110, section 14.2, defines ranges for GET only."""
    answer = depot.client.request("HEAD", path, headers={"Range": "bytes=0-1"})

    assert (200, "3000000") == (answer.status, answer.headers["content-length"])


def test_a_match_gets_304_and_no_range(depot: AssetClient, path: str) -> None:
    """`If-None-Match` precedes ranges (RFC 9110, section 13.2.2)."""
    assert 304 == depot.client.get(path, Range="bytes=0-1", If_None_Match=TAG).status
    assert 304 == depot.client.get(path, Range="bytes=9999999-", If_None_Match=TAG).status
    assert 206 == depot.client.get(path, Range="bytes=0-1", If_None_Match='"other"').status


@pytest.mark.parametrize(
    "if_range", ["{old}", 'W/"{new}"', "Sat, 31 Jan 2026 12:00:05 GMT"], ids=["old", "weak", "date"]
)
def test_a_changed_asset_is_sent_whole(depot: AssetClient, if_range: str) -> None:
    """The client's part belongs to another asset; a date or a weak tag does not guarantee otherwise."""
    name = new_name()
    path = depot.uploaded(name, CONTENT)
    depot.uploaded(name, CONTENT[::-1])
    new = hashlib.sha256(CONTENT[::-1]).hexdigest()
    answer = depot.client.get(path, Range="bytes=1000-", If_Range=if_range.format(old=TAG, new=new))

    assert (200, CONTENT[::-1]) == (answer.status, answer.body)
    assert f'"{new}"' == answer.headers["etag"]
    assert 206 == depot.client.get(path, Range="bytes=1000-", If_Range=f'"{new}"').status
