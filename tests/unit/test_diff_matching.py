"""Two sequences matched: always correct, minimal for usual inputs, and with bounded effort for the worst ones."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iotconfig.adapters.diff.lines import unified_diff
from iotconfig.adapters.diff.matching import Change, changes

_ITEMS = st.lists(st.sampled_from("abcd"), max_size=40)


def rebuilt(one: list[str], other: list[str], found: list[Change]) -> list[str]:
    """`other`, rebuilt from `one` and the changes."""
    made: list[str] = []
    place = 0
    for change in found:
        made += one[place : change.begin_one] + other[change.begin_other : change.end_other]
        place = change.end_one
    return made + one[place:]


@settings(max_examples=200)
@given(one=_ITEMS, other=_ITEMS)
def test_items_between_changes_are_equal(one: list[str], other: list[str]) -> None:
    """One sequence and the changes always give the other sequence."""
    assert other == rebuilt(one, other, changes(one, other))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("abcdef", "abcdef", []),
        ("abcdef", "abxdef", [Change(2, 3, 2, 3)]),
        ("abcdef", "bcdefa", [Change(0, 1, 0, 0), Change(6, 6, 5, 6)]),
        ("aabbaabb", "aabaabb", [Change(3, 4, 3, 3)]),
        ("", "ab", [Change(0, 0, 0, 2)]),
        ("ab", "", [Change(0, 2, 0, 0)]),
    ],
)
def test_simple_differences_are_minimal(one: str, other: str, expected: list[Change]) -> None:
    """One item that is changed, moved, added or removed is one change."""
    assert expected == changes(one, other)


class Counted:
    """An item that counts the comparisons of items."""

    def __init__(self, value: int, comparisons: count[int]) -> None:
        self._value = value
        self._comparisons = comparisons

    def __eq__(self, other: object) -> bool:
        next(self._comparisons)
        return isinstance(other, Counted) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)


@pytest.mark.parametrize(
    ("of_one", "of_other"),
    [
        (lambda n: n % 2, lambda n: n // 2 % 2),
        (lambda n: n * n % 7, lambda n: n * n % 11),
        (lambda n: n, lambda n: -n),
        (lambda n: n // 2, lambda n: -n // 2),
        (lambda _: 1, lambda _: 2),
    ],
)
def test_sequences_with_little_in_common_take_bounded_effort(
    of_one: Callable[[int], int], of_other: Callable[[int], int]
) -> None:
    """Comparing each item with every other one would take 16,000,000 comparisons."""
    size = 4000
    comparisons = count()
    one = [Counted(of_one(number), comparisons) for number in range(size)]
    other = [Counted(of_other(number), comparisons) for number in range(size)]

    changes(one, other)

    assert next(comparisons) < 400_000


def test_heads_of_hunks_count_their_lines() -> None:
    """The heads follow the format that `patch` reads, with its special cases for one line and for none."""
    lines = [str(number) for number in range(20)]

    diff = unified_diff([], ["a"], "one", "other") + unified_diff(
        lines, lines[:3] + lines[4:], "one", "other"
    )

    assert ["@@ -0,0 +1 @@", "@@ -1,7 +1,6 @@"] == [
        line for line in diff.split("\n") if line.startswith("@@")
    ]
