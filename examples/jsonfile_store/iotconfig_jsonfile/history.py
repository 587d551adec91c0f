"""Revisions: a list for each config, the oldest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from datetime import datetime

from attrs import frozen

from iotconfig.domain.configs.revisions import (
    ChangedConfig,
    DeletedConfig,
    DeletedPage,
    DeletedPosition,
    DeletedQuery,
    HistoryPage,
    HistoryQuery,
    Operation,
    PruneStep,
    Retention,
    Revision,
    changed_of,
)
from iotconfig.domain.mac import MacAddress

from .records import Records


@frozen
class JsonFileHistoryRepository:
    """`HistoryRepository` over one block's records."""

    _records: Records

    def get(self, config_id: int, revision: int) -> Revision | None:
        return next((r for r in self._of(config_id) if r.revision == revision), None)

    def newest(self, config_id: int) -> Revision | None:
        return next(reversed(self._of(config_id)), None)

    def newest_content(self, config_id: int) -> Revision | None:
        return next((r for r in reversed(self._of(config_id)) if r.content is not None), None)

    def latest_config(self, mac_address: MacAddress) -> int | None:
        every = (r for history in self._records.histories.values() for r in history)
        own = (r for r in every if r.mac_address == mac_address)
        newest = max(own, key=lambda revision: revision.revision, default=None)
        return newest.config_id if newest else None

    def created_at(self, config_id: int) -> datetime | None:
        return next((r.created_at for r in self._of(config_id)), None)

    def pruned_to(self, config_id: int) -> int:
        return self._records.pruned_to.get(config_id, 0)

    def find(self, query: HistoryQuery) -> HistoryPage:
        before = query.before
        rest = [r for r in reversed(self._of(query.config_id)) if before is None or r.revision < before]
        page = tuple(revision.summary() for revision in rest[: query.limit])
        return HistoryPage(page, page[-1].revision if len(rest) > query.limit else None)

    def of_change(self, change: str, after_config: int, limit: int) -> Sequence[ChangedConfig]:
        ids = sorted(config_id for config_id in self._records.histories if config_id > after_config)
        found = [changed_of(self._of(config_id), change) for config_id in ids]
        return [done for done in found if done is not None][:limit]

    def deleted(self, query: DeletedQuery) -> DeletedPage:
        rest = sorted(self._deletions(query.before), key=_position, reverse=True)
        page = tuple(rest[: query.limit])
        return DeletedPage(page, _position(page[-1]) if len(rest) > query.limit else None)

    def prunable(self, retention: Retention, after_config: int, limit: int) -> PruneStep:
        return JsonFileHistoryRepository(deepcopy(self._records)).prune(retention, after_config, limit)

    def prune(self, retention: Retention, after_config: int, limit: int) -> PruneStep:
        ids = sorted(config_id for config_id in self._records.histories if config_id > after_config)
        removed = sum(self._prune_one(config_id, retention) for config_id in ids[:limit])
        return PruneStep(removed, ids[limit - 1] if len(ids) > limit else None)

    def _prune_one(self, config_id: int, retention: Retention) -> int:
        history = self._of(config_id)
        last_content = max((n for n, r in enumerate(history) if r.content is not None), default=0)
        # The content that a restore would bring back stays, even where only deletions are newer.
        bound = min(len(history) - retention.keep, last_content)
        removed = 0
        while removed < bound and history[removed].created_at < retention.older_than:
            removed += 1
        if removed:
            self._records.pruned_to[config_id] = history[removed - 1].revision
            self._records.histories[config_id] = history[removed:]
        return removed

    def _deletions(self, before: DeletedPosition | None) -> Iterator[DeletedConfig]:
        for config_id, history in self._records.histories.items():
            newest, last = history[-1], self.newest_content(config_id)
            found = DeletedConfig(
                id=config_id,
                mac_address=newest.mac_address,
                device_name=last.content.device_name if last and last.content else None,
                revision=newest.revision,
                author=newest.note.author,
                message=newest.note.message,
                deleted_at=newest.created_at,
            )
            if newest.operation is Operation.DELETE and (before is None or _position(found) < before):
                yield found

    def _of(self, config_id: int) -> list[Revision]:
        return self._records.histories.get(config_id, [])


def _position(deleted: DeletedConfig) -> DeletedPosition:
    return DeletedPosition(deleted.deleted_at, deleted.id)
