"""Two documents compared: as a JSON Patch for programs, and line by line for people."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from difflib import unified_diff
from itertools import chain, repeat
from typing import Any, Final

from attrs import frozen
from jsonpatch import make_patch

from iotconfig.domain.config import Config
from iotconfig.domain.content import ConfigContent
from iotconfig.domain.json_depth import pointer
from iotconfig.domain.revisions import Revision

_TOKENS: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{},:]|[^\s\[\]{},:"]+')
_INDENT: Final = "  "

_MOST_LINES: Final = 4000
"""Lines of a document up to which the smallest difference is looked for: the time for it grows with their square."""


@frozen
class Difference:
    """What differs between two documents."""

    json_patch: list[dict[str, Any]]
    """Operations of RFC 6902 that turn the first into the second; a document that is not there is null."""
    unified_diff: str
    """The same for people, one member a line whatever the documents' spacing is; empty where they are equal."""


def difference(
    before: ConfigContent | None, after: ConfigContent | None, before_label: str, after_label: str
) -> Difference:
    """Compare two documents; None for one that is not there. The labels head the diff."""
    lines = (_lines(before), _lines(after))
    if lines[0] == lines[1] and before != after:
        # They differ in spacing only.
        lines = (_raw_lines(before), _raw_lines(after))
    is_large = max(map(len, lines)) > _MOST_LINES
    compare = _replaced if is_large else unified_diff
    return Difference(
        json_patch=(_shallow_patch if is_large else _json_patch)(_value(before), _value(after)),
        unified_diff="".join(compare(*lines, before_label, after_label)),
    )


def comparison(before: Revision | None, after: Revision) -> dict[str, object]:
    """What a revision changed, as programs get it; None stands for the time before the config was created."""
    found = revisions_compared(before, after)
    return {
        "from": before.summary() if before else None,
        "to": after.summary(),
        "json_patch": found.json_patch,
        "unified_diff": found.unified_diff,
    }


def revisions_compared(before: Revision | None, after: Revision) -> Difference:
    """What a revision changed; None stands for the time before the config was created."""
    labels = (f"{r.mac_address}.json revision {r.revision}" if r else "/dev/null" for r in (before, after))
    return difference(before.content if before else None, after.content, *labels)


def proposed(config: Config, content: ConfigContent) -> Difference:
    """What would differ if a config got this content."""
    label = f"{config.mac_address}.json"
    return difference(config.content, content, f"{label} revision {config.revision}", label)


def _value(content: ConfigContent | None) -> Any:
    return None if content is None else json.loads(content.text)


def _json_patch(source: Any, target: Any) -> list[dict[str, Any]]:
    patch = make_patch(source, target)
    operations: list[dict[str, Any]] = patch.patch
    # Moves within arrays are its weak spot: what does not lead to the target is no patch.
    if operations and patch.apply(source) != target:
        return _shallow_patch(source, target)
    return operations


def _shallow_patch(source: Any, target: Any) -> list[dict[str, Any]]:
    """A patch that adds, removes and replaces whole members of the document."""
    if not isinstance(source, dict) or not isinstance(target, dict):
        return [] if source == target else [{"op": "replace", "path": "", "value": target}]
    removed = [{"op": "remove", "path": pointer([name])} for name in source if name not in target]
    written = [
        {"op": "replace" if name in source else "add", "path": pointer([name]), "value": value}
        for name, value in target.items()
        if name not in source or json.dumps(source[name]) != json.dumps(value)
    ]
    return [*removed, *written]


def _lines(content: ConfigContent | None) -> list[str]:
    """The document, one member or item a line; strings and numbers stay as they are written."""
    if content is None:
        return []
    return [f"{line}\n" for line in "".join(_indented(content.text)).split("\n")]


def _raw_lines(content: ConfigContent | None) -> list[str]:
    """The document as it is written, spaces and tabs included."""
    if content is None:
        return []
    return [f"{line!r}\n" for line in content.text.split("\n")]


def _indented(text: str) -> Iterator[str]:
    depth = 0
    previous = ""
    for mark in _TOKENS.findall(text):
        if mark in "}]":
            depth -= 1
            if previous not in "{[":
                yield "\n" + _INDENT * depth
        elif previous and previous in "{[,":
            yield "\n" + _INDENT * depth
        yield ": " if mark == ":" else mark
        if mark in "{[":
            depth += 1
        previous = mark


def _replaced(before: list[str], after: list[str], before_label: str, after_label: str) -> Iterator[str]:
    """A diff of one piece, between what is common at both ends."""
    if before == after:
        return
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    removed, added = before[start : len(before) - end], after[start : len(after) - end]
    yield f"--- {before_label}\n"
    yield f"+++ {after_label}\n"
    yield f"@@ -{start + 1},{len(removed)} +{start + 1},{len(added)} @@\n"
    yield from map("".join, chain(zip(repeat("-"), removed), zip(repeat("+"), added)))


def _common(one: list[str], other: list[str]) -> int:
    """How many lines are the same at the start of both."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((number for number, (a, b) in pairs if a != b), min(len(one), len(other)))
