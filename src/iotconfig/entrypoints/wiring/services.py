"""The use cases on the database, opened for as long as a block runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from iotconfig.domain.access.api_tokens import ApiTokenService
from iotconfig.domain.announcing.service import NotificationService
from iotconfig.domain.configs.bulk_service import BulkService
from iotconfig.domain.configs.history import HistoryService
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.domain.devices.tokens import DeviceTokenService
from iotconfig.entrypoints.settings import Settings

from .announcing import notifications_of
from .clock import utc_now
from .databases import opened, store_of


@contextmanager
def open_service(settings: Settings) -> Iterator[ConfigService]:
    """The use cases on the database; its connections are closed at the end of the block."""
    with open_store(settings) as store:
        yield ConfigService(store, utc_now)


@contextmanager
def open_history(settings: Settings) -> Iterator[HistoryService]:
    """The histories of configs in the database; its connections are closed at the end of the block."""
    with open_store(settings) as store:
        yield HistoryService(store, utc_now)


@contextmanager
def open_fleet(settings: Settings) -> Iterator[BulkService]:
    """The use cases for many configs at once; the connections are closed at the end of the block."""
    with open_store(settings) as store:
        yield BulkService(store, utc_now)


@contextmanager
def open_notifications(settings: Settings) -> Iterator[NotificationService]:
    """The pending notifications of the database; its connections are closed at the end of the block."""
    with opened(settings) as database:
        yield notifications_of(settings, database)


@contextmanager
def open_api_tokens(settings: Settings) -> Iterator[ApiTokenService]:
    """The API tokens in the database; its connections are closed at the end of the block."""
    from iotconfig.adapters.sql.api_tokens import SqlApiTokenStore

    with opened(settings) as database:
        yield ApiTokenService(SqlApiTokenStore(database), utc_now)


@contextmanager
def open_device_tokens(settings: Settings) -> Iterator[DeviceTokenService]:
    """The device tokens in the database; its connections are closed at the end of the block."""
    from iotconfig.adapters.sql.device_tokens import SqlDeviceTokenStore

    with opened(settings) as database:
        yield DeviceTokenService(SqlDeviceTokenStore(database), utc_now)


@contextmanager
def open_store(settings: Settings) -> Iterator[Store]:
    """The database as a store; its connections are closed at the end of the block."""
    with opened(settings) as database:
        yield store_of(database)
