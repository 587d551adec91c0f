"""One edit of a config: previewed, or stored under the lock of its device."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Final

from attrs import evolve, frozen

from iotconfig.domain.clock import Clock
from iotconfig.domain.documents.content import EMPTY_OBJECT, ConfigContent

from . import changes
from .announcements import announce_config
from .config import Config
from .counter import RevisionCounter
from .edits import Edit, Merge, Rollback
from .existing import check_id, existing
from .locking import with_locked
from .precondition import Precondition
from .revisions import ChangeNote, Operation
from .served_anew import ServedAnew
from .store import Store, UnitOfWork

_MERGED_AHEAD: Final = 4
"""Attempts to merge a patch before the lock is taken, while other writers change the same config."""


@frozen
class ConfigEdit:
    """An edit of one config; `ConfigService.edit` is the contract."""

    _store: Store
    _config_id: int
    _edit: Edit
    _precondition: Precondition

    def preview(self) -> tuple[Config, ConfigContent]:
        """Return the config, and the content that the edit would store. Without content, it has an empty object."""
        check_id(self._config_id)
        with self._store.reading() as view:
            config = _with_object(existing(view.configs.get(self._config_id), self._config_id))
            self._precondition.check(config)
            if isinstance(self._edit, Rollback):
                return config, self._edit.content(self._config_id, view.history)
        if isinstance(self._edit, Merge):
            return config, self._edit.merged(config.content)
        return config, self._edit.apply(config.content)

    def store(self, note: ChangeNote, clock: Clock) -> Config:
        """Store the edit, and return the config as it is then. The clock is read under the lock."""
        if isinstance(self._edit, Rollback):
            _, content = self.preview()
            return self._change(lambda _present: content, note, clock)
        # Merging may wait for other work, which must not hold a connection or a lock.
        for _ in range(_MERGED_AHEAD if isinstance(self._edit, Merge) else 0):
            seen, merged = self.preview()
            with suppress(_ChangedMeanwhile):
                return self._change(partial(_unless_changed, seen.content, merged), note, clock)
        # Under the lock, no other writer can change the config.
        return self._change(self._edit.apply, note, clock)

    def _change(
        self, new_content: Callable[[ConfigContent], ConfigContent], note: ChangeNote, clock: Clock
    ) -> Config:
        """Store what `new_content` returns for the content that the config has under the lock."""

        def under_lock(work: UnitOfWork, counter: RevisionCounter, config: Config) -> Config:
            self._precondition.check(config)
            content = new_content(_with_object(config).content)
            return store_content(work, counter, config, content, self._edit.operation, note, clock())

        return with_locked(self._store, self._config_id, under_lock)


def _with_object(config: Config) -> Config:
    """The config with content that can be edited: an empty object where its device has none."""
    return config if config.has_content else evolve(config, content=EMPTY_OBJECT)


class _ChangedMeanwhile(Exception):
    """The content is not the one that a patch was merged into."""


def _unless_changed(seen: ConfigContent, merged: ConfigContent, present: ConfigContent) -> ConfigContent:
    """Return `merged`, which was made from `seen`. Raises `_ChangedMeanwhile` where that is not the present content."""
    if present != seen:
        raise _ChangedMeanwhile
    return merged


def store_content(
    work: UnitOfWork,
    counter: RevisionCounter,
    config: Config,
    content: ConfigContent,
    operation: Operation,
    note: ChangeNote,
    now: datetime,
) -> Config:
    """Replace the content of a locked config, and return the config as it is then.

    Equal content makes no revision and is only announced: operators press Save to make a device re-read.
    """
    document = work.composer().document(config.labels, content)
    if content.text != config.content.text:
        return work.record([changes.edited(counter, config, content, operation, now, document)], note, now)[0]
    if document.content.etag != config.document_etag:
        # The layers have changed, and the job that follows them has not come to this device yet.
        served = ServedAnew.of(config, document)
        work.serve([served], note, now)
        return served.served()
    work.notifications.enqueue(announce_config(config, counter.last_document_number), now)
    return config
