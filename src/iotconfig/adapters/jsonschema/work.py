"""How much work a schema may cause at one place of a document: an upper bound, from the graph of its subschemas."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from attrs import frozen

from iotconfig.domain.documents.content import MAX_DEPTH
from iotconfig.domain.documents.pointer import pointer
from iotconfig.domain.errors import InvalidDocument

from .schema import Node, Path

MAX_WORK: Final = 10_000
"""Maximum number of steps for one value of a document."""

_Steps = Mapping[Path, int]


@frozen
class Work:
    """Steps that a check takes, at most. A step takes some 25 ns."""

    by_value: int
    """For each value of a document."""
    by_byte: int
    """For each byte of a document."""


def work_of(nodes: Mapping[Path, Node]) -> Work:
    """Return the most steps that one place of any document takes.

    Raises `InvalidDocument` for a schema that applies itself to the same value, and for more than 10,000 steps.
    """
    order = _inner_first(nodes)
    return Work(_most(nodes, order, lambda node: node.work), _most(nodes, order, lambda node: node.by_byte))


def _inner_first(nodes: Mapping[Path, Node]) -> Sequence[Path]:
    """The subschemas, each after those that it applies to the same value."""
    done: dict[Path, None] = {}
    for first in nodes:
        open_ones: dict[Path, None] = {}
        pending = [first]
        while pending:
            path = pending[-1]
            if path in done or path in open_ones:
                pending.pop()
                if open_ones.pop(path, 0) is None:
                    done[path] = None
                continue
            open_ones[path] = None
            for inner in nodes[path].same:
                if inner in open_ones:
                    raise InvalidDocument(
                        "the schema applies itself to the same value, without an end",
                        pointer=pointer(path),
                    )
                pending.append(inner)
    return list(done)


def _most(nodes: Mapping[Path, Node], order: Sequence[Path], own: Callable[[Node], int]) -> int:
    """The most steps at a place, on any level below the value that the whole schema is applied to."""
    level: _Steps = _level(nodes, order, own)
    most = level[()]
    for _ in range(MAX_DEPTH):
        above = level
        level = _level(nodes, order, partial(_below, steps=above))
        most = max(most, level[()])
        if level == above:
            break
    return most


def _below(node: Node, steps: _Steps) -> int:
    """The steps that a subschema's own keywords cause at a member or an element."""
    return max((steps[path] for path in node.named), default=0) + sum(steps[path] for path in node.every)


def _level(nodes: Mapping[Path, Node], order: Sequence[Path], own: Callable[[Node], int]) -> dict[Path, int]:
    """The steps that each subschema causes, with those that it applies to the same value."""
    level: dict[Path, int] = {}
    for path in order:
        node = nodes[path]
        level[path] = own(node) + node.factor * sum(level[inner] for inner in node.same)
        if level[path] > MAX_WORK:
            raise InvalidDocument(
                f"the schema may look at one value more than {MAX_WORK} times: write fewer alternatives that contain alternatives",
                pointer=pointer(path),
            )
    return level
