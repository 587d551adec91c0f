"""The search in a change log that is a list, for stores without a database."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import islice

from .change_filter import ChangeFilter
from .change_log import LoggedChange, above

TagsOf = Callable[[str], Collection[str] | None]
"""Returns the tags of a device, by its MAC address; None where it has no config."""


def matching(
    log: Sequence[LoggedChange],
    wanted: ChangeFilter,
    positions: range,
    limit: int,
    tags_of: TagsOf,
    *,
    newest_first: bool,
) -> Sequence[LoggedChange]:
    """`ChangeLog.matching_changes`, of a log that is a list."""
    page = above(log, positions.start - 1, len(positions))
    found: Iterator[LoggedChange] = (
        change
        for change in (reversed(page) if newest_first else page)
        if change.position in positions and _takes(wanted, change, tags_of)
    )
    return list(islice(found, max(0, limit)))


def _takes(wanted: ChangeFilter, change: LoggedChange, tags_of: TagsOf) -> bool:
    return (
        (wanted.device is None or change.subject.key == str(wanted.device))
        and wanted.change in (None, change.change)
        and wanted.author in (None, change.author)
        and wanted.operation in (None, change.operation)
        and (wanted.since is None or change.created_at >= wanted.since)
        and (wanted.until is None or change.created_at < wanted.until)
        and (not wanted.tags or _has_tags(wanted, change, tags_of))
    )


def _has_tags(wanted: ChangeFilter, change: LoggedChange, tags_of: TagsOf) -> bool:
    tags = tags_of(change.subject.key) if change.kind.is_of_device else None
    return tags is not None and wanted.tags.takes(tags)
