"""The members that a document loses when another one replaces it."""

from __future__ import annotations

from collections.abc import Iterator

from . import strict_json
from .content import MAX_DEPTH, ConfigContent
from .pointer import pointer


def removed_members(before: ConfigContent, after: ConfigContent) -> list[str]:
    """The JSON Pointers of members of objects that only `before` has, in its order.

    Members inside of a removed one, and inside of arrays, are not listed.
    """
    old, new = (strict_json.decode(content.text, MAX_DEPTH) for content in (before, after))
    return [pointer(path) for path in _removed(old, new)]


def _removed(before: object, after: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of the members; recursion is bounded, since the depth was checked."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        return
    for name, value in before.items():
        if name in after:
            yield from _removed(value, after[name], (*path, name))
        else:
            yield (*path, name)
