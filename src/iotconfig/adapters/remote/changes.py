"""The change log, over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from attrs import frozen

from iotconfig.adapters.codec import rfc3339
from iotconfig.adapters.codec.cursors import position_at
from iotconfig.domain.configs.change_log import LoggedChange
from iotconfig.domain.configs.change_query import ChangePage, ChangeQuery, LogBounds

from .answers import RemoteUseCases
from .connection import Request

_ORDERS: Final = {True: "oldest", False: "newest"}


@frozen
class _Changes:
    """A page as a service answers it."""

    changes: Sequence[LoggedChange]
    next: str | None
    position: int
    oldest: int


@frozen
class RemoteChanges(RemoteUseCases):
    """`ChangeUseCases` of a service."""

    def find(self, query: ChangeQuery) -> ChangePage:
        parameters = {
            "device": query.device,
            "change": query.change,
            "author": query.author,
            "operation": query.operation,
            "tag": query.tags.words() or None,
            "from": None if query.since is None else rfc3339(query.since),
            "until": None if query.until is None else rfc3339(query.until),
            "order": _ORDERS[query.oldest_first],
            "limit": query.limit,
            "cursor": query.after,
        }
        found = self.entity(Request("GET", "/api/changes", parameters), _Changes)
        try:
            cursor = None if found.next is None else position_at(found.next)
        except ValueError:
            raise self.malformed() from None
        for change in found.changes:
            self.checked_change(change.change)
        return ChangePage(tuple(found.changes), cursor, LogBounds(found.position, found.oldest))
