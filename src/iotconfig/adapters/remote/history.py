"""Revisions of configs, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from iotconfig.adapters.codec.cursors import deleted_cursor_of
from iotconfig.domain.configs.revisions import (
    DeletedPage,
    DeletedQuery,
    HistoryPage,
    HistoryQuery,
    Pruned,
    Retention,
    Revision,
    RevisionSummary,
)
from iotconfig.domain.errors import ValidationFailed
from iotconfig.domain.mac import MacAddress

from .answers import RemoteUseCases
from .connection import Request


@frozen
class _Compared:
    """The revisions that a comparison is about."""

    from_: RevisionSummary | None
    to: RevisionSummary


@frozen
class RemoteHistory(RemoteUseCases):
    """`HistoryUseCases` of a service."""

    def config_of(self, mac_address: MacAddress) -> int:
        return self._page(str(mac_address), None, 1).revisions[0].config_id

    def revisions(self, query: HistoryQuery) -> HistoryPage:
        return self._page(str(query.config_id), query.before, query.limit)

    def revision(self, config_id: int, number: int) -> Revision:
        return self.entity(Request("GET", f"/api/configs/{config_id}/revisions/{number}"), Revision)

    def compare(
        self, config_id: int, earlier: int | None = None, later: int | None = None
    ) -> tuple[Revision | None, Revision]:
        request = Request("GET", f"/api/configs/{config_id}/diff", {"from": earlier, "to": later})
        found = self.entity(request, _Compared)
        before = None if found.from_ is None else self.revision(config_id, found.from_.revision)
        return before, self.revision(config_id, found.to.revision)

    def deleted(self, query: DeletedQuery) -> DeletedPage:
        parameters = {"limit": query.limit, "cursor": deleted_cursor_of(query.before)}
        return self.entity(Request("GET", "/api/deleted-configs", parameters), DeletedPage)

    def prune(self, retention: Retention, *, dry_run: bool = False) -> Iterator[Pruned]:
        raise ValidationFailed(
            f"History is pruned on the database and not over {self.service.address}: "
            "run the command where the service runs, without IOTCONFIG_URL."
        )

    def _page(self, segment: str, before: int | None, limit: int) -> HistoryPage:
        request = Request("GET", f"/api/configs/{segment}/revisions", {"limit": limit, "cursor": before})
        return self.entity(request, HistoryPage)
