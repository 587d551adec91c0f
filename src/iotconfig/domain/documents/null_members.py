"""The members of a document that are null, which composition removes."""

from __future__ import annotations

from collections.abc import Iterator

from .content import ConfigContent
from .json_members import Span, spans
from .pointer import pointer


def null_members(content: ConfigContent) -> list[str]:
    """The JSON Pointers of members that are null, at any depth of objects, in the order of the text.

    Elements of arrays and what is in them are not listed: composition keeps them.
    """
    # Most documents have none, and need no second look.
    if "null" not in content.text:
        return []
    return [pointer(path) for path in _nulls(content.text, spans(content.text), ())]


def _nulls(text: str, found: dict[str, Span], path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The paths of the members; recursion is bounded, since the depth was checked."""
    for name, span in found.items():
        if span.inner is not None:
            yield from _nulls(text, span.inner, (*path, name))
        elif text.startswith("null", span.value_begin):
            yield (*path, name)
