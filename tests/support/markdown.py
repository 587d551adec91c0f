"""The parts of a page of the documentation: links, headings, blocks of code."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from functools import lru_cache

from attrs import frozen

_BLOCK = re.compile(r"^```(?P<language>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@frozen
class Block:
    """A fenced block of code."""

    language: str
    """What follows the fence, such as `python`."""
    text: str
    line: int
    """The line of its fence, from 1."""


def blocks(page: str) -> Iterator[Block]:
    """The blocks of a page, in their order."""
    for found in _BLOCK.finditer(page):
        yield Block(found["language"].strip(), found["text"], page.count("\n", 0, found.start()) + 1)


def links(page: str) -> list[str]:
    """Return the targets of links, without those to other sites."""
    prose = re.sub(r"`[^`\n]*`", "", _BLOCK.sub("", page))
    return re.findall(r"\]\((?![a-z]+:)([^)\s]+)\)", prose)


@lru_cache
def anchors(page: str) -> AbstractSet[str]:
    """Return the anchors of the headings, as GitHub spells them: the second of a kind ends with -1."""
    found: Counter[str] = Counter()
    for heading in re.findall(r"^#+ +(.+)$", _BLOCK.sub("", page), re.MULTILINE):
        found[re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")] += 1
    return {
        f"{plain}-{number}" if number else plain for plain, count in found.items() for number in range(count)
    }
