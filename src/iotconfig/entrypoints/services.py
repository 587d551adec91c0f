"""Every use case on one database, opened in one place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

from attrs import define, field

from iotconfig.domain.access.api_tokens import ApiTokenService
from iotconfig.domain.announcing.service import NotificationService
from iotconfig.domain.assets.service import AssetService
from iotconfig.domain.configs.bulk_service import BulkService
from iotconfig.domain.configs.history import HistoryService
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.domain.devices.tokens import DeviceTokenService
from iotconfig.domain.pictures import PictureService

from . import wiring
from .settings import Settings
from .wiring.databases import opened, store_of

if TYPE_CHECKING:
    from iotconfig.adapters.sql.engine.database import Database


@define(slots=False)
class Services:
    """The use cases, each made at its first use. The creator closes `database`."""

    settings: Settings
    database: Database
    _making_pictures: Lock = field(init=False, factory=Lock, repr=False)
    _pictures: PictureService | None = field(init=False, default=None, repr=False)

    @property
    def max_content_bytes(self) -> int:
        """The largest content of a config, in bytes of UTF-8."""
        return self.settings.content.max_bytes

    @cached_property
    def store(self) -> Store:
        """The database as the port that the use cases share."""
        return store_of(self.database)

    @cached_property
    def configs(self) -> ConfigService:
        """One config at a time."""
        return ConfigService(self.store, wiring.utc_now)

    @cached_property
    def history(self) -> HistoryService:
        """Revisions of configs."""
        return HistoryService(self.store, wiring.utc_now)

    @cached_property
    def bulk(self) -> BulkService:
        """Many configs at once, in this process."""
        return BulkService(self.store, wiring.utc_now)

    @cached_property
    def notifications(self) -> NotificationService:
        """Pending notifications. Raises `InvalidSetting` where MQTT_URL is wrong."""
        return wiring.notifications(self.settings, self.database)

    @cached_property
    def api_tokens(self) -> ApiTokenService:
        """Tokens of programs."""
        return wiring.api_tokens(self.database)

    @cached_property
    def device_tokens(self) -> DeviceTokenService:
        """Tokens of devices."""
        return wiring.device_tokens(self.database)

    @cached_property
    def assets(self) -> AssetService:
        """Files for devices. Raises `InvalidSetting` where the key of uploads cannot be read."""
        return wiring.assets(self.settings, self.store)

    def pictures(self) -> PictureService:
        """Pictures from other servers; one service for all threads. Making it loads an HTTP client."""
        with self._making_pictures:
            if self._pictures is None:
                self._pictures = wiring.pictures(self.settings)
            return self._pictures


@contextmanager
def open_services(settings: Settings, *, checks_schema: bool = True) -> Iterator[Services]:
    """Open the use cases; the database's connections are closed at the end of the block.

    `checks_schema`: False where the process that started this one has checked the schema.

    Raises `StoreUnavailable` where there is no database, or its schema is not the one that
    this version needs; `InvalidSetting` where DATABASE_URL is wrong.
    """
    if checks_schema:
        wiring.migrations(settings).require_current()
    with opened(settings) as database:
        yield Services(settings, database)
