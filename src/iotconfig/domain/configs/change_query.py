"""Pages of the change log."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import field, frozen

from iotconfig.domain.arguments import check_flag, check_kind, check_whole_number
from iotconfig.domain.errors import ValidationFailed
from iotconfig.domain.paging import check_limit

from .change_filter import ChangeFilter
from .change_log import LoggedChange

MAX_POSITION = 2**63 - 1
"""Positions are 64-bit and signed in every database."""

PAGE = 100
"""The default number of changes per page."""


def _check_position(_query: object, _attribute: object, position: int | None) -> None:
    if position is None:
        return
    check_whole_number(position, "A position of the change log is an int")
    if not 0 <= position <= MAX_POSITION:
        raise ValidationFailed("A position of the change log is a whole number from 0.", parameter="cursor")


@frozen
class ChangeQuery(ChangeFilter):
    """A filter of changes, and a page of the result; pages are sorted by position."""

    after: int | None = field(default=None, validator=_check_position, kw_only=True)
    """The `next` of the previous page, or a position of the log. The page begins behind it, in the query's order."""
    limit: int = field(default=PAGE, validator=check_limit, kw_only=True)
    """Changes on the page, 1 to 1000."""
    oldest_first: bool = field(default=False, validator=check_flag, kw_only=True)
    """Whether the page begins with the oldest change; by default, it begins with the newest one."""


def check_change_query(query: object) -> None:
    """Raise `TypeError` unless `query` is a `ChangeQuery`."""
    check_kind(query, ChangeQuery, 'A query of changes is a ChangeQuery, such as ChangeQuery(author="ops")')


@frozen
class LogBounds:
    """The positions of a change log at one moment. Both are 0 in an empty log."""

    position: int
    """Of the newest change."""
    oldest: int
    """Of the oldest change that is left: earlier ones were pruned."""

    def holds(self, position: int) -> bool:
        """Whether a reader that has read up to `position` can go on: the log has every change above it."""
        return self.oldest - 1 <= position <= self.position


@frozen
class ChangePage:
    """One page of changes; iterating gives them."""

    changes: tuple[LoggedChange, ...]
    """Sorted by position. A page with a filter may be short, or empty, and not be the last."""
    next: int | None
    """The `after` of the next page; None on the last."""
    bounds: LogBounds
    """The log when the page was read."""

    def __iter__(self) -> Iterator[LoggedChange]:
        return iter(self.changes)
