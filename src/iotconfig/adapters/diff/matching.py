"""Matching items of two sequences, in time that is linear in their length.

The smallest difference of two sequences takes quadratic time if few of their
items are equal, and `difflib` takes quadratic time if many are equal. Here items that occur once
on both sides are matched first (patience diff); between those, Myers' greedy search
searches for the smallest difference, in a bounded number of steps. Items that are not
matched then count as replaced.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from itertools import pairwise
from typing import Final, Self

from attrs import define, field, frozen

_FEWEST_STEPS: Final = 10_000
_MOST_STEPS: Final = 100_000
_STEPS_PER_ITEM: Final = 4
_MOST_EDITS: Final = 256
"""Limit of added and removed items in one search, whose time grows with their square."""


@frozen
class Change:
    """A stretch of items that differ: `one[begin_one:end_one]` became `other[begin_other:end_other]`."""

    begin_one: int
    end_one: int
    begin_other: int
    end_other: int


@define
class Steps:
    """Steps that all searches may take together, in addition to those that each sequence has by its length."""

    left: int

    @classmethod
    def of_size(cls, size: int) -> Self:
        """The steps for sequences of `size` items, lines or characters."""
        return cls(min(_FEWEST_STEPS + _STEPS_PER_ITEM * size, _MOST_STEPS))


def changes(one: Sequence[Hashable], other: Sequence[Hashable], steps: Steps | None = None) -> list[Change]:
    """Return the stretches in which two sequences differ, in order; between them, all items are equal.

    `steps`: shared by all sequences of one document; by default those for this pair.
    """
    length = len(one) + len(other)
    steps = steps or Steps.of_size(length)
    matcher = _Matcher(one, other, steps.left + _STEPS_PER_ITEM * length)
    matcher.match(0, len(one), 0, len(other))
    steps.left = max(0, min(steps.left, matcher.steps_left))
    ends = [(-1, -1), *sorted(matcher.pairs), (len(one), len(other))]
    return [
        Change(i + 1, next_i, j + 1, next_j)
        for (i, j), (next_i, next_j) in pairwise(ends)
        if next_i > i + 1 or next_j > j + 1
    ]


@define
class _Matcher:
    """Collects the pairs of equal items."""

    _one: Sequence[Hashable]
    _other: Sequence[Hashable]
    steps_left: int
    pairs: list[tuple[int, int]] = field(factory=list)

    def match(self, begin_one: int, end_one: int, begin_other: int, end_other: int) -> None:
        """Match two stretches."""
        pending = [(begin_one, end_one, begin_other, end_other)]
        while pending:
            i, end_i, j, end_j = self._without_ends(*pending.pop())
            if i == end_i or j == end_j or self.steps_left <= 0:
                continue
            self.steps_left -= end_i - i + end_j - j
            anchors = self._anchors(i, end_i, j, end_j)
            if anchors:
                self.pairs += anchors
                for (before_i, before_j), (next_i, next_j) in pairwise(
                    [(i - 1, j - 1), *anchors, (end_i, end_j)]
                ):
                    pending.append((before_i + 1, next_i, before_j + 1, next_j))
            else:
                reached_i, reached_j = self._search(i, end_i, j, end_j)
                pending.append((reached_i, end_i, reached_j, end_j))

    def _without_ends(self, i: int, end_i: int, j: int, end_j: int) -> tuple[int, int, int, int]:
        """Match the equal items at both ends; returns the bounds of the rest."""
        one, other, pairs = self._one, self._other, self.pairs
        while i < end_i and j < end_j and one[i] == other[j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        while i < end_i and j < end_j and one[end_i - 1] == other[end_j - 1]:
            end_i, end_j = end_i - 1, end_j - 1
            pairs.append((end_i, end_j))
        return i, end_i, j, end_j

    def _anchors(self, i: int, end_i: int, j: int, end_j: int) -> list[tuple[int, int]]:
        """Pairs of items that occur once on each side: the longest list that ascends on both."""
        ones, others = self._one[i:end_i], self._other[j:end_j]
        places = {item: number for number, item in enumerate(others, j)}
        counts, other_counts = Counter(ones), Counter(others)
        found = [
            (number, places[item])
            for number, item in enumerate(ones, i)
            if counts[item] == 1 and other_counts[item] == 1
        ]
        return _longest_ascending(found)

    def _search(self, i: int, end_i: int, j: int, end_j: int) -> tuple[int, int]:
        """Match by the smallest difference until the steps are used up; returns the end."""
        one, other = self._one, self._other
        furthest = {1: 0}
        rounds: list[dict[int, int]] = []
        best = (0, 0)
        length, other_length = end_i - i, end_j - j
        for edits in range(min(length + other_length, _MOST_EDITS) + 1):
            rounds.append(furthest.copy())
            self.steps_left -= edits + 1
            for diagonal in range(-edits, edits + 1, 2):
                is_added = _is_added(furthest, diagonal, edits)
                x = furthest[diagonal + 1] if is_added else furthest[diagonal - 1] + 1
                y = x - diagonal
                while 0 <= y < other_length and x < length and one[i + x] == other[j + y]:
                    x, y = x + 1, y + 1
                    self.steps_left -= 1
                furthest[diagonal] = x
                if x <= length and y <= other_length and x + y > sum(best):
                    best = (x, y)
            if best == (length, other_length) or self.steps_left <= 0:
                break
        self.pairs += ((i + x, j + y) for x, y in _path(rounds, *best))
        return i + best[0], j + best[1]


def _is_added(furthest: dict[int, int], diagonal: int, edits: int) -> bool:
    """Whether a diagonal is entered by an added item (from above), and not by a removed one (from the left)."""
    return diagonal == -edits or (diagonal != edits and furthest[diagonal - 1] < furthest[diagonal + 1])


def _path(rounds: list[dict[int, int]], x: int, y: int) -> Iterator[tuple[int, int]]:
    """The matched pairs on the path to a position, from its end; `rounds` has the furthest positions before each round."""
    reached = (number for number, after in enumerate(rounds[1:]) if after.get(x - y, -1) >= x)
    for edits in range(next(reached, len(rounds) - 1), -1, -1):
        furthest, diagonal = rounds[edits], x - y
        is_added = _is_added(furthest, diagonal, edits)
        entered = furthest[diagonal + 1] if is_added else furthest[diagonal - 1] + 1
        while x > entered:
            x, y = x - 1, y - 1
            yield x, y
        x, y = (x, y - 1) if is_added else (x - 1, y)


def _longest_ascending(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest list of the pairs that ascends in both numbers; `pairs` is sorted by the first."""
    last_of_length: list[int] = []
    numbers: list[int] = []
    before: list[int] = []
    for number, (_, value) in enumerate(pairs):
        length = bisect_left(last_of_length, value)
        before.append(numbers[length - 1] if length else -1)
        if length == len(numbers):
            last_of_length.append(value)
            numbers.append(number)
        else:
            last_of_length[length], numbers[length] = value, number
    found = []
    number = numbers[-1] if numbers else -1
    while number >= 0:
        found.append(pairs[number])
        number = before[number]
    return found[::-1]
