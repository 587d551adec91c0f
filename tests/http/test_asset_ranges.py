"""Clients that resume: parts of assets at the real socket."""

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
    """An asset to take parts of."""
    return shared_depot.uploaded(new_name(), CONTENT)


@pytest.mark.parametrize(
    ("asked", "first", "last"),
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
def test_a_part(depot: AssetClient, path: str, asked: str, first: int, last: int) -> None:
    """206 with these bytes, which part they are, the digest of the whole, and none of the part."""
    answer = depot.client.get(path, Range=f"bytes={asked}")

    assert 206 == answer.status
    assert CONTENT[first : last + 1] == answer.body
    assert f"bytes {first}-{last}/3000000" == answer.headers["content-range"]
    assert str(last + 1 - first) == answer.headers["content-length"]
    assert (TAG, "bytes") == (answer.headers["etag"], answer.headers["accept-ranges"])
    assert depot.client.get(path).headers["repr-digest"] == answer.headers["repr-digest"]
    assert "content-digest" not in answer.headers


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,3-4", "bytes=9-1", "bytes=x", "items=0-1", "bytes=" + "0-1," * 500]
)
def test_what_is_no_single_range_gets_all(depot: AssetClient, path: str, asked: str) -> None:
    """Several ranges are not served one by one, and what is none counts as absent."""
    answer = depot.client.get(path, Range=asked)

    assert (200, CONTENT) == (answer.status, answer.body)


@pytest.mark.parametrize("asked", ["3000000-", "9999999-9999999", "-0"])
def test_a_part_behind_the_end(depot: AssetClient, path: str, asked: str) -> None:
    """416 with the size."""
    answer = depot.client.get(path, Range=f"bytes={asked}")

    expect_problem(answer, 416, "VALIDATION_FAILED")
    assert "bytes */3000000" == answer.headers["content-range"]


def test_head_has_no_parts(depot: AssetClient, path: str) -> None:
    """Ranges are for GET (RFC 9110, section 14.2)."""
    answer = depot.client.request("HEAD", path, headers={"Range": "bytes=0-1"})

    assert (200, "3000000") == (answer.status, answer.headers["content-length"])


def test_a_client_that_has_it_all_gets_304_and_no_part(depot: AssetClient, path: str) -> None:
    """`If-None-Match` comes first (RFC 9110, section 13.2.2)."""
    assert 304 == depot.client.get(path, Range="bytes=0-1", If_None_Match=TAG).status
    assert 304 == depot.client.get(path, Range="bytes=9999999-", If_None_Match=TAG).status
    assert 206 == depot.client.get(path, Range="bytes=0-1", If_None_Match='"other"').status


@pytest.mark.parametrize(
    "if_range", ["{old}", 'W/"{new}"', "Sat, 31 Jan 2026 12:00:05 GMT"], ids=["old", "weak", "date"]
)
def test_a_client_with_another_begin_gets_all_of_the_new_one(depot: AssetClient, if_range: str) -> None:
    """What it has is no begin of that; a date, or a weak tag, is no promise that it is."""
    name = new_name()
    path = depot.uploaded(name, CONTENT)
    depot.uploaded(name, CONTENT[::-1])
    new = hashlib.sha256(CONTENT[::-1]).hexdigest()
    answer = depot.client.get(path, Range="bytes=1000-", If_Range=if_range.format(old=TAG, new=new))

    assert (200, CONTENT[::-1]) == (answer.status, answer.body)
    assert f'"{new}"' == answer.headers["etag"]
    assert 206 == depot.client.get(path, Range="bytes=1000-", If_Range=f'"{new}"').status
