"""`Store` over a database: repositories on a connection, for as long as a block runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Final

from attrs import field, frozen
from sqlalchemy import Connection, select

from iotconfig.domain.configs.bulk import ExportedConfig
from iotconfig.domain.configs.change import Change
from iotconfig.domain.configs.change_filter import ChangeFilter
from iotconfig.domain.configs.change_log import LoggedChange, new_change_id
from iotconfig.domain.configs.composing import Composer, Composers
from iotconfig.domain.configs.config import Config
from iotconfig.domain.configs.labels import ANY_TAGS, TagFilter
from iotconfig.domain.configs.revisions import ChangeNote
from iotconfig.domain.configs.served_anew import ServedAnew
from iotconfig.domain.mac import MacAddress

from . import change_log, change_search
from .announcing import SqlNotificationOutbox
from .changes import record
from .configs import SqlConfigReader, SqlRevisionCounters
from .document_history import SqlDocumentHistoryReader
from .documents import SqlDocuments
from .engine.database import Database
from .gate import SeenLayers
from .history import SqlHistoryRepository
from .labels import SqlLabelRepository, tagged
from .layers import SqlLayerRepository
from .models import SqlModelRepository
from .read_view import SqlReading
from .recompositions import SqlRecompositionRepository
from .replay_guard import SqlReplayGuard
from .secrets import SqlSecretRepository
from .tables import configs

if TYPE_CHECKING:
    from .bulk_write import SqlBulkWrite

_EXPORTED: Final = (
    select(configs.c.mac_address, configs.c.content)
    .where(configs.c.content.is_not(None))
    .order_by(configs.c.mac_address)
)
_FETCHED: Final = 500
"""Configs that an export fetches at a time."""


@frozen
class SqlUnitOfWork:
    """`UnitOfWork` on one connection, in a transaction."""

    _connection: Connection
    _composers: Composers = field(factory=Composers)
    _change_id: str = field(factory=new_change_id)
    _seen: SeenLayers = field(factory=SeenLayers)

    @property
    def configs(self) -> SqlConfigReader:
        return SqlConfigReader(self._connection, self._seen)

    @property
    def counters(self) -> SqlRevisionCounters:
        return SqlRevisionCounters(self._connection, self._seen)

    @property
    def history(self) -> SqlHistoryRepository:
        return SqlHistoryRepository(self._connection)

    @property
    def labels(self) -> SqlLabelRepository:
        return SqlLabelRepository(self._connection, self._change_id, self._seen)

    @property
    def layers(self) -> SqlLayerRepository:
        return SqlLayerRepository(self._connection, self._change_id, self._seen)

    @property
    def models(self) -> SqlModelRepository:
        return SqlModelRepository(self._connection, self._change_id, self._seen)

    @property
    def secrets(self) -> SqlSecretRepository:
        return SqlSecretRepository(self._connection, self._change_id, self._seen)

    @property
    def document_history(self) -> SqlDocumentHistoryReader:
        return SqlDocumentHistoryReader(self._connection)

    def composer(self) -> Composer:
        if self._seen.is_changing:
            return self._composers.alone(self.layers, self.secrets, self.models)
        return self._composers.of(self.layers, self.secrets, self.models, self._seen.generation)

    @property
    def recompositions(self) -> SqlRecompositionRepository:
        return SqlRecompositionRepository(self._connection)

    @property
    def notifications(self) -> SqlNotificationOutbox:
        return SqlNotificationOutbox(self._connection)

    @property
    def replay_guard(self) -> SqlReplayGuard:
        return SqlReplayGuard(self._connection)

    def record(self, changes: Sequence[Change], note: ChangeNote, now: datetime) -> Sequence[Config]:
        return [record(self._connection, change, self._change_id, note, now) for change in changes]

    def serve(
        self, documents: Sequence[ServedAnew], note: ChangeNote, now: datetime, change: str | None = None
    ) -> str:
        # Its statements would be made at the start of every command.
        from .serving import serve

        change = change or self._change_id
        serve(self._connection, documents, change, note, now)
        return change


@frozen
class SqlStore:
    """`Store` over one database."""

    database: Database
    """The database, which other adapters, such as the notification queue, may share."""
    composers: Composers = field(factory=Composers, repr=False)
    """What composes documents, for all units of work of this process."""
    documents: SqlDocuments = field(init=False)

    @documents.default
    def _documents_of_database(self) -> SqlDocuments:
        return SqlDocuments(self.database)

    def reading(self) -> SqlReading:
        return SqlReading(self.database, self.composers)

    @contextmanager
    def writing(self) -> Iterator[SqlUnitOfWork]:
        with self.database.writing() as connection:
            yield SqlUnitOfWork(connection, self.composers)

    @contextmanager
    def bulk_writing(self) -> Iterator[SqlBulkWrite]:
        with self.database.session() as session:
            # Its statements take a tenth of the start of a command or a worker, which most of them never need.
            from .bulk_write import SqlBulkWrite

            yield SqlBulkWrite(session, self.composers)

    @contextmanager
    def snapshot(self, tags: TagFilter = ANY_TAGS) -> Iterator[Iterator[ExportedConfig]]:
        with (
            self.database.snapshot() as connection,
            # Closed by hand: its reader may leave in the middle.
            connection.execution_options(yield_per=_FETCHED).execute(_EXPORTED.where(*tagged(tags))) as rows,
        ):
            yield (ExportedConfig(MacAddress(mac_address), text) for mac_address, text in rows)

    def changes_since(self, position: int, limit: int) -> Sequence[LoggedChange]:
        return change_log.changes_since(self.database, position, limit)

    def oldest_position(self) -> int:
        return change_log.oldest_position(self.database)

    def newest_position(self) -> int:
        return change_log.newest_position(self.database)

    def matching_changes(
        self, wanted: ChangeFilter, positions: range, limit: int, *, newest_first: bool
    ) -> Sequence[LoggedChange]:
        return change_search.matching_changes(
            self.database, wanted, positions, limit, newest_first=newest_first
        )

    def prunable_changes(self, older_than: datetime, after: int, limit: int) -> int:
        return change_log.prunable_changes(self.database, older_than, after, limit)

    def prune_changes(self, older_than: datetime, limit: int) -> int:
        return change_log.prune_changes(self.database, older_than, limit)

    def check(self) -> None:
        self.database.check()

    def close(self) -> None:
        self.database.close()
