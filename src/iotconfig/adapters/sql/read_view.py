"""Reading of committed data: documents by the hot path, all else on a connection that is opened when needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self

from attrs import define, frozen
from sqlalchemy import Connection

from iotconfig.domain.configs.config import Config, Document
from iotconfig.domain.configs.query import ConfigPage, ConfigQuery
from iotconfig.domain.mac import MacAddress

from .configs import SqlConfigReader, SqlRevisionCounters
from .engine.database import Database
from .history import SqlHistoryRepository


@frozen
class SqlDocumentReader:
    """`DocumentReader` that takes a connection for configs only; documents have a shorter way."""

    _database: Database
    _connection: Callable[[], Connection]

    def document(self, mac_address: MacAddress) -> Document | None:
        found = self._database.document(mac_address.canonical)
        return None if found is None else Document(*found)

    def get(self, config_id: int) -> Config | None:
        return self._reader().get(config_id)

    def get_by_mac(self, mac_address: MacAddress) -> Config | None:
        return self._reader().get_by_mac(mac_address)

    def find(self, query: ConfigQuery) -> ConfigPage:
        return self._reader().find(query)

    def load(self, mac_addresses: Sequence[MacAddress]) -> Sequence[Config]:
        return self._reader().load(mac_addresses)

    def _reader(self) -> SqlConfigReader:
        return SqlConfigReader(self._connection())


@define
class SqlReading:
    """`View`, and the context manager of its one connection, which it takes at its first need."""

    _database: Database
    _opening: AbstractContextManager[Connection] | None = None
    _connection: Connection | None = None

    @property
    def configs(self) -> SqlDocumentReader:
        return SqlDocumentReader(self._database, self._connected)

    @property
    def counters(self) -> SqlRevisionCounters:
        # The reason why a device has no document is part of its fetch.
        return SqlRevisionCounters(self._connected(for_device=True))

    @property
    def history(self) -> SqlHistoryRepository:
        return SqlHistoryRepository(self._connected())

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
