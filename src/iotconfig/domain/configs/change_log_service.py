"""The use cases of the change log: finding changes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from attrs import evolve, frozen

from iotconfig.domain.errors import RecordGone
from iotconfig.domain.paging import MAX_PAGE, all_items

from .change_log import ChangeLog, LoggedChange
from .change_query import ChangePage, ChangeQuery, LogBounds, check_change_query

READ_FOR_PAGE: Final = 50_000
"""Positions that are looked at for one page. With a filter that few changes match, it then ends early."""


@frozen
class ChangeLogService:
    """Reads the change log. All methods may raise `StoreUnavailable` and `ServiceClosed`."""

    log: ChangeLog
    read_for_page: int = READ_FOR_PAGE
    """Positions that are looked at for one page, at most."""
    read_at_once: int = 5_000
    """Positions that one call of the store looks at: few enough for a few milliseconds."""
    out_of_order: int = 10_000
    """Positions by which a change may stand outside of the order of times: writers' clocks differ, and a long write gets its
    positions at its end. `since` and `until` find all changes that do not stand farther away."""

    def find(self, query: ChangeQuery) -> ChangePage:
        """Return one page of the changes that match.

        At most 50,000 positions are looked at: a page may be shorter than its limit, and not the last.

        Raises `RecordGone` where a reader cannot go on after `query.after`: changes behind it were pruned, or the
        log ends before it, because an older backup of the database was put back. `details` has the `position`
        and the `oldest` of the log.
        """
        check_change_query(query)
        # In this order: the log may be pruned meanwhile, but at its old end only.
        oldest, position = self.log.oldest_position(), self.log.newest_position()
        bounds = LogBounds(position, oldest)
        _check_after(query, bounds)
        rest = self._rest(query, bounds)
        found: list[LoggedChange] = []
        looked_at = 0
        while rest and looked_at < self.read_for_page:
            part, rest = self._split(rest, oldest_first=query.oldest_first)
            looked_at += len(part)
            missing = query.limit + 1 - len(found)
            found += self.log.matching_changes(query, part, missing, newest_first=not query.oldest_first)
            if len(found) > query.limit:
                page = tuple(found[: query.limit])
                return ChangePage(page, page[-1].position, bounds)
        behind = None
        if rest:
            behind = rest[0] - 1 if query.oldest_first else rest[-1] + 1
        return ChangePage(tuple(found), behind, bounds)

    def all(self, query: ChangeQuery) -> Iterator[LoggedChange]:
        """Yield every change that matches, read page by page. Raises as `find` does."""
        check_change_query(query)
        first = evolve(query, limit=MAX_PAGE)
        return all_items(
            lambda after: self.find(evolve(first, after=query.after if after is None else after))
        )

    def _rest(self, query: ChangeQuery, bounds: LogBounds) -> range:
        """The positions of this page and the later ones, in ascending order."""
        first, last = max(1, bounds.oldest), bounds.position
        if query.after is not None:
            if query.oldest_first:
                first = max(first, query.after + 1)
            else:
                last = min(last, query.after - 1)
        if query.since is not None and first <= last:
            first = max(first, self._first_at(query.since, first, last) - self.out_of_order)
        if query.until is not None and first <= last:
            last = min(last, self._first_at(query.until, first, last) + self.out_of_order)
        return range(first, last + 1)

    def _first_at(self, moment: datetime, first: int, last: int) -> int:
        """The position of the first change at a time or later, if times were in order; the one after `last` without one."""
        end = last + 1
        while first < end:
            middle = (first + end) // 2
            change = next(iter(self.log.changes_since(middle - 1, 1)), None)
            if change is None or change.created_at >= moment:
                end = middle
            else:
                first = max(change.position, middle) + 1
        return end

    def _split(self, rest: range, *, oldest_first: bool) -> tuple[range, range]:
        """The positions that are looked at next, and those that are left."""
        count = self.read_at_once
        return (rest[:count], rest[count:]) if oldest_first else (rest[-count:], rest[:-count])


def _check_after(query: ChangeQuery, bounds: LogBounds) -> None:
    after = query.after
    if after is None:
        return
    details = {"position": bounds.position, "oldest": bounds.oldest}
    last = bounds.position if query.oldest_first else bounds.position + 1
    if after > last:
        raise RecordGone(
            f"The change log ends at position {bounds.position}, before position {after}: an older backup of the database was "
            "put back. Read the lists again, and the log from its end.",
            **details,
        )
    if query.oldest_first and not bounds.holds(after):
        raise RecordGone(
            f"The change log begins at position {bounds.oldest}: changes after position {after} were pruned. Read the lists again, "
            f"and the log from position {bounds.oldest - 1}.",
            **details,
        )
