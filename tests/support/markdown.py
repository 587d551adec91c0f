"""The parts of a page of the documentation: links, headings, blocks of code."""

from __future__ import annotations

import re
from collections.abc import Iterator

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


def anchors(page: str) -> set[str]:
    """Return the anchors of the headings, as GitHub spells them."""
    found: set[str] = set()
    for heading in re.findall(r"^#+ +(.+)$", _BLOCK.sub("", page), re.MULTILINE):
        plain = re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        taken = sum(
            1 for anchor in found if anchor == plain or re.fullmatch(rf"{re.escape(plain)}-\d+", anchor)
        )
        found.add(f"{plain}-{taken}" if taken else plain)
    return found
