"""Tags: the words by which operators group devices, and layers reach them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from .arguments import check_kind, kind_of
from .errors import ValidationFailed, excerpt

MAX_DIFFERENT_TAGS: Final = 1000
"""Maximum number of different tags on all devices together."""

MAX_TAG: Final = 63
"""Maximum number of characters of a tag."""

TAG_PATTERN: Final = f"[a-z0-9][a-z0-9._:-]{{0,{MAX_TAG - 1}}}"
"""The regular expression of a tag."""

_TAG: Final = re.compile(TAG_PATTERN)


@lru_cache(4 * MAX_DIFFERENT_TAGS)
def tag_of(text: str) -> str:
    """Return `text` if it is a tag. Raises `ValidationFailed` otherwise. Cached: many devices have the same tags."""
    check_kind(text, str, "A tag is a str")
    if _TAG.fullmatch(text) is None:
        raise ValidationFailed(
            f'"{excerpt(text)}" is no tag: a tag has up to {MAX_TAG} of a-z, 0-9 and . _ : -, and begins with a letter '
            "or a digit.",
            parameter="tag",
        )
    return text


def tags_of(given: Iterable[str]) -> tuple[str, ...]:
    """Return the given tags, sorted, each once. Raises `ValidationFailed`, and `TypeError` for one string."""
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise TypeError(f"Tags are a list of str, not {kind_of(given)}.")
    return tuple(sorted({tag_of(tag) for tag in given}))
