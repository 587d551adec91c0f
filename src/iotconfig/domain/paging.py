"""Pages of lists: how long one may be, and how all of them are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, Protocol, TypeVar

from .arguments import check_whole_number
from .errors import ValidationFailed

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
C = TypeVar("C")
C_co = TypeVar("C_co", covariant=True)

MAX_PAGE: Final = 1000
"""Items that one page of a list may hold."""


def check_limit(_query: object, _attribute: object, limit: int) -> None:
    """Validate the length of a page, from 1 to `MAX_PAGE`. Raises `ValidationFailed`."""
    check_whole_number(limit, f"The limit of a page is an int from 1 to {MAX_PAGE}")
    if not 1 <= limit <= MAX_PAGE:
        raise ValidationFailed(f"The limit must be a whole number from 1 to {MAX_PAGE}.", parameter="limit")


class Page(Protocol[T_co, C_co]):
    """One page of a list."""

    def __iter__(self) -> Iterator[T_co]:
        """Return the items of the page."""
        ...

    @property
    def next(self) -> C_co | None:
        """The cursor of the next page; None on the last."""
        ...


def all_items(read: Callable[[C | None], Page[T, C]]) -> Iterator[T]:
    """Yield the items of all pages. `read` returns the page at a cursor; None is that of the first."""
    page = read(None)
    yield from page
    while page.next is not None:
        page = read(page.next)
        yield from page
