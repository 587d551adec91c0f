"""The use cases of `HistoryService` as HTTP and the commands call them, whether they run on a database or on a service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from iotconfig.domain.mac import MacAddress

from .revisions import DeletedPage, DeletedQuery, HistoryPage, HistoryQuery, Pruned, Retention, Revision


class HistoryUseCases(Protocol):
    """The use cases of `HistoryService`; its docstrings are the contract."""

    def config_of(self, mac_address: MacAddress) -> int:
        """Return the id of the latest config of a device, deleted or not."""
        ...

    def revisions(self, query: HistoryQuery) -> HistoryPage:
        """Return one page of a config's revisions, the newest first."""
        ...

    def revision(self, config_id: int, number: int) -> Revision:
        """Return one revision."""
        ...

    def compare(
        self, config_id: int, earlier: int | None = ..., later: int | None = ...
    ) -> tuple[Revision | None, Revision]:
        """Return two revisions of a config, the earlier one first."""
        ...

    def deleted(self, query: DeletedQuery) -> DeletedPage:
        """Return one page of the deleted configs, the latest deletion first."""
        ...

    def prune(self, retention: Retention, *, dry_run: bool = ...) -> Iterator[Pruned]:
        """Remove old revisions and changes; yield what each step removed."""
        ...
