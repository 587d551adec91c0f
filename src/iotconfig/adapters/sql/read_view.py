"""Reading of committed data, on a connection that is taken when it is first needed."""

from __future__ import annotations

from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self

from attrs import define
from sqlalchemy import Connection

from iotconfig.domain.configs.composing import Composer, Composers

from .configs import SqlConfigReader, SqlRevisionCounters
from .document_history import SqlDocumentHistoryReader
from .engine.database import Database
from .history import SqlHistoryRepository
from .labels import SqlLabelRepository
from .layers import SqlLayerRepository
from .models import SqlModelRepository
from .recompositions import SqlRecompositionRepository
from .secrets import SqlSecretRepository


@define
class SqlReading:
    """`View`, and the context manager of its one connection, which it takes at its first need."""

    _database: Database
    _composers: Composers
    _opening: AbstractContextManager[Connection] | None = None
    _connection: Connection | None = None

    @property
    def configs(self) -> SqlConfigReader:
        return SqlConfigReader(self._connected())

    @property
    def counters(self) -> SqlRevisionCounters:
        # The reason why a device has no document is part of its fetch.
        return SqlRevisionCounters(self._connected(for_device=True))

    @property
    def history(self) -> SqlHistoryRepository:
        return SqlHistoryRepository(self._connected())

    @property
    def labels(self) -> SqlLabelRepository:
        return SqlLabelRepository(self._connected())

    @property
    def layers(self) -> SqlLayerRepository:
        return SqlLayerRepository(self._connected())

    @property
    def models(self) -> SqlModelRepository:
        return SqlModelRepository(self._connected())

    @property
    def secrets(self) -> SqlSecretRepository:
        return SqlSecretRepository(self._connected())

    @property
    def document_history(self) -> SqlDocumentHistoryReader:
        return SqlDocumentHistoryReader(self._connected())

    @property
    def recompositions(self) -> SqlRecompositionRepository:
        return SqlRecompositionRepository(self._connected())

    def composer(self) -> Composer:
        return self._composers.of(self.layers, self.secrets, self.models)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return None if self._opening is None else self._opening.__exit__(kind, error, trace)

    def _connected(self, *, for_device: bool = False) -> Connection:
        if self._connection is None:
            opening = self._database.serving() if for_device else self._database.reading()
            self._connection = opening.__enter__()
            self._opening = opening
        return self._connection
