"""`Store` in one JSON file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Self

from attrs import frozen

from iotconfig.domain.configs.bulk import ExportedConfig
from iotconfig.domain.configs.change_filter import ChangeFilter
from iotconfig.domain.configs.change_log import LoggedChange, above, kept_labels, prunable
from iotconfig.domain.configs.composing import Composers
from iotconfig.domain.configs.labels import ANY_TAGS, TagFilter
from iotconfig.domain.configs.log_search import matching

from .bulk_write import JsonFileBulkWrite
from .documents import JsonFileDocuments
from .file import RecordsFile
from .notifications import JsonFileNotificationQueue
from .records import LabelsRecord
from .unit_of_work import JsonFileUnitOfWork


@frozen
class JsonFileStore:
    """`Store` in one JSON file, which the first change creates."""

    _file: RecordsFile

    @classmethod
    def at(cls, path: Path) -> Self:
        """The store in this file; its directory exists."""
        return cls(RecordsFile(path))

    @property
    def composers(self) -> Composers:
        return self._file.composers

    @property
    def documents(self) -> JsonFileDocuments:
        return JsonFileDocuments(self._file)

    @contextmanager
    def reading(self) -> Iterator[JsonFileUnitOfWork]:
        yield JsonFileUnitOfWork.on(self._file.read(), self._file.composers)

    @contextmanager
    def writing(self) -> Iterator[JsonFileUnitOfWork]:
        with self._file.transaction() as records:
            yield JsonFileUnitOfWork.on(records, self._file.composers)

    @contextmanager
    def bulk_writing(self) -> Iterator[JsonFileBulkWrite]:
        self._file.check_open()
        yield JsonFileBulkWrite(self._file)

    @contextmanager
    def snapshot(self, tags: TagFilter = ANY_TAGS) -> Iterator[Iterator[ExportedConfig]]:
        records = self._file.read()
        configs = sorted(records.configs.values(), key=lambda config: config.mac_address)
        yield (
            ExportedConfig(config.mac_address, config.content.text)
            for config in configs
            if config.has_content and tags.takes(records.labels.get(config.id, LabelsRecord()).labels.tags)
        )

    def changes_since(self, position: int, limit: int) -> Sequence[LoggedChange]:
        return above(self._file.read().log, position, limit)

    def oldest_position(self) -> int:
        log = self._file.read().log
        return log[0].position if log else 0

    def newest_position(self) -> int:
        log = self._file.read().log
        return log[-1].position if log else 0

    def matching_changes(
        self, wanted: ChangeFilter, positions: range, limit: int, *, newest_first: bool
    ) -> Sequence[LoggedChange]:
        records = self._file.read()
        ids = {str(config.mac_address): config.id for config in records.configs.values()}

        def tags_of(mac_address: str) -> Sequence[str] | None:
            found = ids.get(mac_address)
            return None if found is None else records.labels.get(found, LabelsRecord()).labels.tags

        return matching(records.log, wanted, positions, limit, tags_of, newest_first=newest_first)

    def prunable_changes(self, older_than: datetime, after: int, limit: int) -> int:
        return prunable(self._file.read().log, older_than, after, limit)

    def prune_changes(self, older_than: datetime, limit: int) -> int:
        with self._file.transaction() as records:
            removed = prunable(records.log, older_than, 0, limit)
            del records.log[:removed]
            records.label_history = kept_labels(records.label_history, records.log)
        return removed

    def check(self) -> None:
        self._file.read()

    def close(self) -> None:
        self._file.is_closed = True

    def notifications(self) -> JsonFileNotificationQueue:
        """The pending notifications, for a relay."""
        return JsonFileNotificationQueue(self._file)
