"""Revisions over one state: a tuple for each config, oldest first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import islice

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

from .state import State


@frozen
class MemoryHistoryRepository:
    """`HistoryRepository` over one state."""

    _state: State

    def get(self, config_id: int, revision: int) -> Revision | None:
        return next((r for r in self._of(config_id) if r.revision == revision), None)

    def newest(self, config_id: int) -> Revision | None:
        return next(reversed(self._of(config_id)), None)

    def newest_content(self, config_id: int) -> Revision | None:
        return next((r for r in reversed(self._of(config_id)) if r.content is not None), None)

    def latest_config(self, mac_address: MacAddress) -> int | None:
        everything = (r for history in self._state.histories.values() for r in history)
        of_device = (r for r in everything if r.mac_address == mac_address)
        newest = max(of_device, key=lambda revision: revision.revision, default=None)
        return newest.config_id if newest else None

    def created_at(self, config_id: int) -> datetime | None:
        return next((r.created_at for r in self._of(config_id)), None)

    def pruned_to(self, config_id: int) -> int:
        return self._state.pruned_to.get(config_id, 0)

    def find(self, query: HistoryQuery) -> HistoryPage:
        newest_first = reversed(self._of(query.config_id))
        rest = (r.summary() for r in newest_first if query.before is None or r.revision < query.before)
        page = tuple(islice(rest, query.limit))
        return HistoryPage(page, page[-1].revision if next(rest, None) is not None else None)

    def of_change(self, change: str, after_config: int, limit: int) -> Sequence[ChangedConfig]:
        ids = sorted(config_id for config_id in self._state.histories if config_id > after_config)
        found = (changed_of(self._of(config_id), change) for config_id in ids)
        return list(islice((done for done in found if done is not None), limit))

    def deleted(self, query: DeletedQuery) -> DeletedPage:
        everything = (self._deleted(history) for history in self._state.histories.values())
        latest_first = sorted((d for d in everything if d is not None), key=_position, reverse=True)
        rest = (d for d in latest_first if query.before is None or _position(d) < query.before)
        page = tuple(islice(rest, query.limit))
        return DeletedPage(page, _position(page[-1]) if next(rest, None) is not None else None)

    def prunable(self, retention: Retention, after_config: int, limit: int) -> PruneStep:
        return MemoryHistoryRepository(self._state.copy()).prune(retention, after_config, limit)

    def prune(self, retention: Retention, after_config: int, limit: int) -> PruneStep:
        config_ids = sorted(config_id for config_id in self._state.histories if config_id > after_config)
        removed = sum(self._prune_one(config_id, retention) for config_id in config_ids[:limit])
        return PruneStep(removed, config_ids[limit - 1] if len(config_ids) > limit else None)

    def _prune_one(self, config_id: int, retention: Retention) -> int:
        history = self._of(config_id)
        with_content = [number for number, r in enumerate(history) if r.content is not None]
        # What a restore brings back stays, even where deletions are newer.
        bound = min(len(history) - retention.keep, with_content[-1] if with_content else 0)
        removed = 0
        while removed < bound and history[removed].created_at < retention.older_than:
            removed += 1
        if removed:
            self._state.pruned_to[config_id] = history[removed - 1].revision
            self._state.histories[config_id] = history[removed:]
        return removed

    def _deleted(self, history: tuple[Revision, ...]) -> DeletedConfig | None:
        newest = history[-1]
        if newest.operation is not Operation.DELETE:
            return None
        last = self.newest_content(newest.config_id)
        return DeletedConfig(
            id=newest.config_id,
            mac_address=newest.mac_address,
            device_name=last.content.device_name if last and last.content else None,
            revision=newest.revision,
            author=newest.note.author,
            message=newest.note.message,
            deleted_at=newest.created_at,
        )

    def _of(self, config_id: int) -> tuple[Revision, ...]:
        return self._state.histories.get(config_id, ())


def _position(deleted: DeletedConfig) -> DeletedPosition:
    return DeletedPosition(deleted.deleted_at, deleted.id)
