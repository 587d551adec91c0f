"""Rules that several inputs share: how long a page may be, and which text can be stored."""

from __future__ import annotations

from typing import Final

from .errors import ValidationFailed
from .kinds import check_whole_number

MAX_PAGE: Final = 1000
"""Items that one page of a list may hold."""


def check_limit(_query: object, _attribute: object, limit: int) -> None:
    """Validate the length of a page, from 1 to `MAX_PAGE`. Raises `ValidationFailed`."""
    check_whole_number(limit, f"The limit of a page is an int from 1 to {MAX_PAGE}")
    if not 1 <= limit <= MAX_PAGE:
        raise ValidationFailed(f"The limit must be a whole number from 1 to {MAX_PAGE}.", parameter="limit")


def is_storable(text: str) -> bool:
    """Whether every database can store the text: no NUL, and no half a character (a lone surrogate)."""
    return not any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text)
