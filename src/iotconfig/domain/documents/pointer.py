"""JSON Pointers (RFC 6901)."""

from __future__ import annotations

from collections.abc import Sequence


def pointer(path: Sequence[str | int]) -> str:
    """A path of member names and indexes as a JSON Pointer (RFC 6901).

    A lone surrogate, which no answer could carry, is shown as its escape.
    """
    steps = (str(step).replace("~", "~0").replace("/", "~1") for step in path)
    return "".join(f"/{step}" for step in steps).encode(errors="backslashreplace").decode()
