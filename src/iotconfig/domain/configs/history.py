"""The use cases of history: reading revisions, listing deleted configs, pruning old revisions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final, Protocol

from attrs import evolve, frozen

from iotconfig.domain.arguments import check_kind, check_whole_number
from iotconfig.domain.clock import Clock
from iotconfig.domain.errors import RecordGone, RecordNotFound
from iotconfig.domain.mac import MacAddress, mac_address_of
from iotconfig.domain.paging import MAX_PAGE, all_items

from .change_log import LOG_KEPT
from .config import MAX_ID
from .ports import HistoryReader
from .revisions import (
    MAX_REVISION,
    DeletedConfig,
    DeletedPage,
    DeletedQuery,
    HistoryPage,
    HistoryQuery,
    Pruned,
    Retention,
    Revision,
    RevisionSummary,
    check_config_id,
)
from .store import Store

_PRUNED_AT_ONCE: Final = 100
"""Configs that one transaction of `prune` looks at."""

_CHANGES_PRUNED_AT_ONCE: Final = 5000
"""Changes that one transaction of `prune` removes from the change log."""


class PrunedByAge(Protocol):
    """What else is pruned with histories, by its age alone."""

    def prunable(self, older_than: datetime) -> int:
        """Return how much was made before this time."""
        ...

    def prune(self, older_than: datetime, limit: int) -> int:
        """Remove up to `limit` of the oldest that was made before this time; return the number removed."""
        ...


@frozen
class HistoryService:
    """Reads the histories of configs, those of deleted ones included.

    A MAC address is given as `MacAddress`, or as text in any spelling; arguments of
    other kinds than the documented raise `TypeError`. All methods may raise
    `StoreUnavailable` and `ServiceClosed`, those that write `StoreFull` too.
    """

    store: Store
    clock: Clock
    states: PrunedByAge | None = None
    """The changes of the states of devices; None where the store keeps none."""

    def config_of(self, mac_address: MacAddress | str) -> int:
        """The id of the latest config of a device, deleted or not. Raises `RecordNotFound`."""
        mac_address = mac_address_of(mac_address)
        with self.store.reading() as view:
            config_id = view.history.latest_config(mac_address)
        if config_id is None:
            raise RecordNotFound(mac_address)
        return config_id

    def revisions(self, query: HistoryQuery) -> HistoryPage:
        """One page of a config's revisions, the newest first. Raises `RecordNotFound`."""
        check_kind(
            query, HistoryQuery, "A query for revisions is a HistoryQuery, such as HistoryQuery(config.id)"
        )
        with self.store.reading() as view:
            _check_known(view.history, query.config_id)
            return view.history.find(query)

    def all_revisions(self, config_id: int) -> Iterator[RevisionSummary]:
        """Yield the revisions of a config, the newest first, read page by page. Raises `RecordNotFound` at the first."""
        first = HistoryQuery(config_id, limit=MAX_PAGE)
        return all_items(lambda before: self.revisions(evolve(first, before=before)))

    def revision(self, config_id: int, number: int) -> Revision:
        """One revision. Raises `RecordNotFound`, and `RecordGone` where it was pruned."""
        check_config_id(config_id)
        _check_revisions(number)
        with self.store.reading() as view:
            _check_known(view.history, config_id)
            return found_revision(view.history, config_id, number)

    def compare(
        self, config_id: int, earlier: int | None = None, later: int | None = None
    ) -> tuple[Revision | None, Revision]:
        """Return two revisions of a config, the earlier one first.

        `later`: by default, the newest. `earlier`: by default, the one before `later`, or None if
        `later` created the config.

        Raises as `revision` does.
        """
        check_config_id(config_id)
        _check_revisions(*(number for number in (earlier, later) if number is not None))
        with self.store.reading() as view:
            history = view.history
            newest = newest_revision(history, config_id)
            after = newest if later is None else found_revision(history, config_id, later)
            if earlier is not None:
                return found_revision(history, config_id, earlier), after
            page = history.find(HistoryQuery(config_id, before=after.revision, limit=1))
            if page.revisions:
                return found_revision(history, config_id, page.revisions[0].revision), after
            if history.pruned_to(config_id):
                raise RecordGone(
                    f"Revision {after.revision} of config {config_id} has no earlier revision to compare with: "
                    "the history before it was pruned."
                )
            return None, after

    def deleted(self, query: DeletedQuery) -> DeletedPage:
        """Return one page of the deleted configs, the latest deletion first."""
        check_kind(
            query, DeletedQuery, "A query for deleted configs is a DeletedQuery, such as DeletedQuery()"
        )
        with self.store.reading() as view:
            return view.history.deleted(query)

    def all_deleted(self) -> Iterator[DeletedConfig]:
        """Yield the deleted configs, the latest deletion first, read page by page."""
        first = DeletedQuery(limit=MAX_PAGE)
        return all_items(lambda before: self.deleted(evolve(first, before=before)))

    def prune(self, retention: Retention, *, dry_run: bool = False) -> Iterator[Pruned]:
        """Remove the revisions that `retention` selects, and changes of that age from the change log and of devices' states.

        The changes of the last 7 days always stay, and so does the newest change of the log.

        retention: what may be removed; from the change log, everything before `older_than`.
        dry_run: count only, remove nothing.

        Yields what each step removed, or would remove in a dry run. Each step is a transaction: a
        later failure does not bring its revisions and changes back.
        """
        check_kind(
            retention, Retention, "A retention is a Retention, such as Retention(keep=10, older_than=…)"
        )
        return self._pruned(retention, dry_run=dry_run)

    def _pruned(self, retention: Retention, *, dry_run: bool) -> Iterator[Pruned]:
        yield from self._pruned_revisions(retention, dry_run=dry_run)
        older_than = min(retention.older_than, self.clock() - LOG_KEPT)
        yield from self._pruned_changes(older_than, dry_run=dry_run)
        yield from self._pruned_states(older_than, dry_run=dry_run)

    def _pruned_states(self, older_than: datetime, *, dry_run: bool) -> Iterator[Pruned]:
        if self.states is None:
            return
        if dry_run:
            yield Pruned(states=self.states.prunable(older_than))
            return
        while removed := self.states.prune(older_than, _CHANGES_PRUNED_AT_ONCE):
            yield Pruned(states=removed)

    def _pruned_revisions(self, retention: Retention, *, dry_run: bool) -> Iterator[Pruned]:
        after = 0
        while True:
            if dry_run:
                with self.store.reading() as view:
                    step = view.history.prunable(retention, after, _PRUNED_AT_ONCE)
            else:
                with self.store.writing() as work:
                    step = work.history.prune(retention, after, _PRUNED_AT_ONCE)
            yield Pruned(revisions=step.removed)
            if step.next_config is None:
                return
            after = step.next_config

    def _pruned_changes(self, older_than: datetime, *, dry_run: bool) -> Iterator[Pruned]:
        after = self.store.oldest_position() - 1
        while removed := (
            self.store.prunable_changes(older_than, after, _CHANGES_PRUNED_AT_ONCE)
            if dry_run
            else self.store.prune_changes(older_than, _CHANGES_PRUNED_AT_ONCE)
        ):
            yield Pruned(changes=removed)
            after += removed


def _check_revisions(*numbers: object) -> None:
    for number in numbers:
        check_whole_number(number, "The number of a revision is an int")


def _check_known(history: HistoryReader, config_id: int) -> None:
    """Raise `RecordNotFound` if the config never existed: every config has a history."""
    if not 1 <= config_id <= MAX_ID or history.created_at(config_id) is None:
        raise RecordNotFound(config_id)


def newest_revision(history: HistoryReader, config_id: int) -> Revision:
    """The newest revision of a config. Raises as `_check_known` does."""
    newest = history.newest(config_id) if 1 <= config_id <= MAX_ID else None
    if newest is None:
        raise RecordNotFound(config_id)
    return newest


def found_revision(history: HistoryReader, config_id: int, number: int) -> Revision:
    """One revision of a config. Raises `RecordGone` where it was pruned, `RecordNotFound` where it never was."""
    revision = history.get(config_id, number) if 1 <= number <= MAX_REVISION else None
    if revision is not None:
        return revision
    pruned_to = history.pruned_to(config_id)
    if 1 <= number <= pruned_to:
        raise RecordGone(
            f"Revision {number} of config {config_id} is gone: its history up to revision {pruned_to} was pruned.",
            pruned_to=pruned_to,
        )
    raise RecordNotFound(f"{number} of config {config_id}", what="Revision")
