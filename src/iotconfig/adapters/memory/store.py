"""`Store` in memory: units of work on the committed state, or on a transaction's copy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from attrs import field, frozen

from iotconfig.domain.configs.bulk import ExportedConfig
from iotconfig.domain.configs.change_filter import ChangeFilter
from iotconfig.domain.configs.change_log import LoggedChange, above, kept_labels, prunable
from iotconfig.domain.configs.composing import Composers
from iotconfig.domain.configs.labels import ANY_TAGS, NO_LABELS, TagFilter
from iotconfig.domain.configs.log_search import matching
from iotconfig.domain.devices.silence import NO_INTERVALS, ExpectedIntervals
from iotconfig.domain.mac import MacAddress

from .announcing import MemoryNotificationQueue
from .bulk_write import MemoryBulkWrite
from .delays import MemoryDelayReader
from .documents import MemoryDocuments
from .evidence import MemoryEvidenceStore
from .last_messages import MemoryLastMessageStore
from .new_boards import MemoryNewBoardStore
from .state import Committed
from .unit_of_work import MemoryUnitOfWork
from .wakeup import MemoryWakeup


@frozen
class MemoryStore:
    """`Store` in memory."""

    intervals: ExpectedIntervals = NO_INTERVALS
    """How often devices are expected to show a sign of life."""
    _committed: Committed = field(init=False, factory=Committed, repr=False)
    _evidence: MemoryEvidenceStore = field(init=False, repr=False)
    _new_boards: MemoryNewBoardStore = field(init=False, repr=False)

    _last_messages: MemoryLastMessageStore = field(init=False, repr=False)

    @_evidence.default
    def _evidence_of_devices(self) -> MemoryEvidenceStore:
        return MemoryEvidenceStore(self._committed, self.intervals)

    @_last_messages.default
    def _last_messages_of_devices(self) -> MemoryLastMessageStore:
        return MemoryLastMessageStore(self._committed)

    @_new_boards.default
    def _empty_new_boards(self) -> MemoryNewBoardStore:
        return MemoryNewBoardStore(self._committed)

    @property
    def composers(self) -> Composers:
        return self._committed.composers

    @property
    def documents(self) -> MemoryDocuments:
        return MemoryDocuments(self._committed)

    @contextmanager
    def reading(self) -> Iterator[MemoryUnitOfWork]:
        yield MemoryUnitOfWork.on(self._committed.state, self._committed.composers)

    @contextmanager
    def writing(self) -> Iterator[MemoryUnitOfWork]:
        with self._committed.transaction() as state:
            yield MemoryUnitOfWork.on(state, self._committed.composers)

    @contextmanager
    def bulk_writing(self) -> Iterator[MemoryBulkWrite]:
        self._committed.check()
        yield MemoryBulkWrite(self._committed)

    @contextmanager
    def snapshot(self, tags: TagFilter = ANY_TAGS) -> Iterator[Iterator[ExportedConfig]]:
        state = self._committed.state
        configs = sorted(state.configs.values(), key=lambda config: config.mac_address)
        yield (
            ExportedConfig(config.mac_address, config.content.text)
            for config in configs
            if config.has_content and tags.takes(state.labels.get(config.id, NO_LABELS).tags)
        )

    def changes_since(self, position: int, limit: int) -> Sequence[LoggedChange]:
        return above(self._committed.state.log, position, limit)

    def oldest_position(self) -> int:
        log = self._committed.state.log
        return log[0].position if log else 0

    def newest_position(self) -> int:
        log = self._committed.state.log
        return log[-1].position if log else 0

    def matching_changes(
        self, wanted: ChangeFilter, positions: range, limit: int, *, newest_first: bool
    ) -> Sequence[LoggedChange]:
        state = self._committed.state

        def tags_of(mac_address: str) -> Sequence[str] | None:
            config_id = state.ids.get(MacAddress(mac_address))
            return None if config_id is None else state.labels.get(config_id, NO_LABELS).tags

        return matching(state.log, wanted, positions, limit, tags_of, newest_first=newest_first)

    def prunable_changes(self, older_than: datetime, after: int, limit: int) -> int:
        return prunable(self._committed.state.log, older_than, after, limit)

    def prune_changes(self, older_than: datetime, limit: int) -> int:
        with self._committed.transaction() as state:
            removed = prunable(state.log, older_than, 0, limit)
            del state.log[:removed]
            state.label_history = kept_labels(state.label_history, state.log)
        return removed

    def check(self) -> None:
        self._committed.check()

    def close(self) -> None:
        self._committed.close()

    @property
    def evidence(self) -> MemoryEvidenceStore:
        """The evidence about the devices of this store."""
        return self._evidence

    @property
    def last_messages(self) -> MemoryLastMessageStore:
        """What the devices of this store said last over the broker."""
        return self._last_messages

    def wakeup(self) -> MemoryWakeup:
        """A new signal that something was committed."""
        return MemoryWakeup(self._committed)

    @property
    def delays(self) -> MemoryDelayReader:
        """How long the devices of this store take to run new documents."""
        return MemoryDelayReader(self._committed, self._evidence)

    @property
    def new_boards(self) -> MemoryNewBoardStore:
        """The new boards that asked this store's service."""
        return self._new_boards

    def notifications(self) -> MemoryNotificationQueue:
        """The pending notifications of this store."""
        return MemoryNotificationQueue(self._committed)
