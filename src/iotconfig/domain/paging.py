"""Rules that several inputs share: how long a page may be, and which text can be stored."""

from __future__ import annotations

from typing import Final

from .arguments import check_whole_number
from .errors import ValidationFailed

MAX_PAGE: Final = 1000
"""Items that one page of a list may hold."""


def check_limit(_query: object, _attribute: object, limit: int) -> None:
    """Validate the length of a page, from 1 to `MAX_PAGE`. Raises `ValidationFailed`."""
    check_whole_number(limit, f"The limit of a page is an int from 1 to {MAX_PAGE}")
    if not 1 <= limit <= MAX_PAGE:
        raise ValidationFailed(f"The limit must be a whole number from 1 to {MAX_PAGE}.", parameter="limit")
