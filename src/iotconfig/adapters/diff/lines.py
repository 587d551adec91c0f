"""Documents with one member in each line, and the unified diff of two of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from .matching import Change, changes

_TOKENS: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{},:]|[^\s\[\]{},:"]+')
_INDENT: Final = "  "
_DEEPEST_INDENT: Final = 16
"""Deeper levels are not indented further: 130,000 items at level 64 would be 17 MB of spaces."""

_CONTEXT: Final = 3


def laid_out(text: str) -> list[str]:
    """The lines of the document with one member or item in each; strings and numbers keep their text. Empty text has no lines."""
    return "".join(_indented(text)).split("\n") if text else []


def as_written(text: str) -> list[str]:
    """The lines of the document with its own spacing, with spaces and tabs visible."""
    return [repr(line) for line in text.split("\n")] if text else []


def unified_diff(before: Sequence[str], after: Sequence[str], before_label: str, after_label: str) -> str:
    """The unified diff of these lines, with three lines of context; empty if they are equal."""
    found = changes(before, after)
    if not found:
        return ""
    lines = [f"--- {before_label}", f"+++ {after_label}"]
    for hunk in _hunks(found):
        lines += _shown(hunk, before, after)
    return "\n".join([*lines, ""])


def _indented(text: str) -> Iterator[str]:
    depth = 0
    previous = ""
    breaks = ["\n" + _INDENT * level for level in range(_DEEPEST_INDENT + 1)]
    for match in _TOKENS.finditer(text):
        mark = match[0]
        if mark in "}]":
            depth -= 1
            if previous not in "{[":
                yield breaks[min(depth, _DEEPEST_INDENT)]
        elif previous and previous in "{[,":
            yield breaks[min(depth, _DEEPEST_INDENT)]
        yield ": " if mark == ":" else mark
        if mark in "{[":
            depth += 1
        previous = mark


def _hunks(found: Sequence[Change]) -> list[list[Change]]:
    """The changes in groups; those whose context overlaps are in one group."""
    hunks: list[list[Change]] = []
    for change in found:
        if hunks and change.begin_one - hunks[-1][-1].end_one <= 2 * _CONTEXT:
            hunks[-1].append(change)
        else:
            hunks.append([change])
    return hunks


def _shown(hunk: Sequence[Change], before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    first, last = hunk[0], hunk[-1]
    ahead = min(_CONTEXT, first.begin_one, first.begin_other)
    behind = min(_CONTEXT, len(before) - last.end_one, len(after) - last.end_other)
    place = first.begin_one - ahead
    removed = _range(place, last.end_one + behind)
    added = _range(first.begin_other - ahead, last.end_other + behind)
    yield f"@@ -{removed} +{added} @@"
    for change in hunk:
        yield from (f" {line}" for line in before[place : change.begin_one])
        yield from (f"-{line}" for line in before[change.begin_one : change.end_one])
        yield from (f"+{line}" for line in after[change.begin_other : change.end_other])
        place = change.end_one
    yield from (f" {line}" for line in before[place : place + behind])


def _range(begin: int, end: int) -> str:
    """A range of lines in the head of a hunk: numbered from 1; an empty range names the line before it."""
    length = end - begin
    if length == 1:
        return str(begin + 1)
    return f"{begin + 1 if length else begin},{length}"
