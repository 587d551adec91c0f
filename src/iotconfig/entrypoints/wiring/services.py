"""Every use case on one database, opened in one place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from functools import cached_property
from typing import TYPE_CHECKING

from attrs import define

from iotconfig.domain.errors import StoreReadOnly
from iotconfig.entrypoints.settings import Settings

from .backends import backend
from .clock import utc_now, yield_turn

if TYPE_CHECKING:
    from datetime import datetime

    from prometheus_client import CollectorRegistry

    from iotconfig.adapters.codec.document_answers import DeviceDocument
    from iotconfig.adapters.codec.health_answers import Healthy, Unhealthy
    from iotconfig.domain.access.api_tokens import ApiTokenService
    from iotconfig.domain.announcing.service import NotificationService
    from iotconfig.domain.assets.service import AssetService
    from iotconfig.domain.configs.adopting import AdoptionService
    from iotconfig.domain.configs.bulk_service import BulkService
    from iotconfig.domain.configs.change_log_service import ChangeLogService
    from iotconfig.domain.configs.history import HistoryService
    from iotconfig.domain.configs.service import ConfigService
    from iotconfig.domain.configs.tagging import TagService
    from iotconfig.domain.devices.evidence import Evidence
    from iotconfig.domain.devices.new_boards import NewBoardStore
    from iotconfig.domain.devices.polled_events import PolledDeviceEvents
    from iotconfig.domain.devices.service import DeviceService
    from iotconfig.domain.devices.subscriber_reports import SubscriberService
    from iotconfig.domain.devices.tokens import DeviceTokenService
    from iotconfig.domain.layering.explaining import ExplanationService
    from iotconfig.domain.layering.model_service import ModelService
    from iotconfig.domain.layering.secret_service import SecretService
    from iotconfig.domain.layering.service import LayerService
    from iotconfig.domain.mac import MacAddress
    from iotconfig.domain.offload import Offload

    from .persistence import Persistence
    from .pictures import PicturesOnDemand
    from .sightings import SightingsWriter


@define(slots=False)
class Services:
    """The use cases, each loaded and made at its first use. The creator closes `persistence`."""

    settings: Settings
    persistence: Persistence
    catches_up: bool = False
    """Whether lists of devices bring the stored states up to date first: a command cannot know whether a leader does it."""
    registry: CollectorRegistry | None = None
    """Where the use cases count; None counts nothing."""

    @property
    def max_content_bytes(self) -> int:
        """The largest content of a config, in bytes of UTF-8."""
        return self.settings.content.max_bytes

    @cached_property
    def configs(self) -> ConfigService:
        """One config at a time."""
        from iotconfig.domain.configs.service import ConfigService

        return ConfigService(self.persistence.store, utc_now)

    @cached_property
    def history(self) -> HistoryService:
        """Revisions of configs."""
        from iotconfig.domain.configs.history import HistoryService

        return HistoryService(self.persistence.store, utc_now, self.persistence.evidence)

    @cached_property
    def changes(self) -> ChangeLogService:
        """The change log."""
        from iotconfig.domain.configs.change_log_service import ChangeLogService

        return ChangeLogService(self.persistence.store)

    @cached_property
    def changing(self) -> Offload:
        """Runs the reading and merging of large documents, for bulk and for bodies of requests alike."""
        from .offload import offload

        return offload()

    @cached_property
    def bulk(self) -> BulkService:
        """Many configs at once, in this process."""
        from .bulk import bulk

        return bulk(self.layers, self.max_content_bytes, self.changing)

    @cached_property
    def layers(self) -> LayerService:
        """Documents that reach many devices."""
        from iotconfig.domain.layering.service import LayerService

        return LayerService(
            self.persistence.store, utc_now, self.max_content_bytes, yield_turn, self.changing
        )

    @cached_property
    def explanations(self) -> ExplanationService:
        """What devices are and were served, and why."""
        from iotconfig.domain.layering.explaining import ExplanationService

        return ExplanationService(self.persistence.store, self.max_content_bytes, self.changing)

    def explained(self, mac_address: MacAddress, at: datetime | None = None) -> DeviceDocument:
        """The document of a device, now or at a time, with the source of each value."""
        from iotconfig.adapters.codec.document_answers import DeviceDocument

        return DeviceDocument.of(self.explanations.document(mac_address, at), explain=True)

    @cached_property
    def models(self) -> ModelService:
        """Models of devices, and which devices break them."""
        from .models import model_service

        return model_service(self.persistence.store, self.changing)

    @cached_property
    def tags(self) -> TagService:
        """Tags and notes of devices."""
        from iotconfig.domain.configs.tagging import TagService

        bulk = self.bulk
        return TagService(bulk.store, bulk.clock, bulk.yield_turn, bulk.offload)

    @cached_property
    def secrets(self) -> SecretService:
        """Values that documents name."""
        from iotconfig.domain.layering.secret_service import SecretService

        return SecretService(self.persistence.store, utc_now, yield_turn)

    @cached_property
    def adoption(self) -> AdoptionService:
        """First configs of new boards."""
        from iotconfig.domain.configs.adopting import AdoptionService

        return AdoptionService(self.persistence.store, utc_now)

    @property
    def new_boards(self) -> NewBoardStore | None:
        """Boards that asked for a document and never had one; None where the database does not keep them."""
        return self.persistence.new_boards

    @cached_property
    def notifications(self) -> NotificationService:
        """Pending notifications. Raises `InvalidSetting` where MQTT_URL is wrong."""
        from .announcing import notifications

        return notifications(self.settings, self.persistence)

    @cached_property
    def subscriber(self) -> SubscriberService:
        """The job that reads what devices say over the broker."""
        from .subscribing import subscriber

        return subscriber(self.settings, self.persistence)

    def health(self) -> Healthy | Unhealthy:
        """Whether the service on this database works."""
        from iotconfig.adapters.codec.health_answers import health_of

        return health_of(
            self.persistence.store.check, self.notifications, self.subscriber, self.persistence.log
        )

    @cached_property
    def api_tokens(self) -> ApiTokenService:
        """Tokens of programs."""
        from .access import api_tokens

        return api_tokens(self.persistence.api_tokens)

    @cached_property
    def device_tokens(self) -> DeviceTokenService:
        """Tokens of devices."""
        from iotconfig.domain.devices.tokens import DeviceTokenService

        return DeviceTokenService(self.persistence.device_tokens, utc_now)

    @cached_property
    def devices(self) -> DeviceService | None:
        """What devices run; None where the database keeps no evidence."""
        if self.persistence.evidence is None:
            return None
        from iotconfig.domain.devices.service import DeviceService
        from iotconfig.domain.devices.tokens import DeviceAuth

        from .grouped_writes import GroupedWrites

        is_checked = self.settings.access.device_auth is not DeviceAuth.OFF
        tokens = self.persistence.device_tokens if is_checked else None
        evidence, delays = self.persistence.evidence, self.persistence.delays
        write: Callable[[Sequence[Evidence]], None] = evidence.write
        if self.registry is not None and delays is not None:
            from . import metrics

            write = metrics.measuring_delays(self.registry)(write, delays)
        return DeviceService(
            evidence,
            utc_now,
            tokens,
            self._catch_up(),
            yield_turn,
            self.persistence.last_messages,
            GroupedWrites(write).write,
        )

    def _catch_up(self) -> Callable[[], None] | None:
        states = self.persistence.device_states
        if states is None or not self.catches_up:
            return None
        from iotconfig.domain.devices.following import catch_up

        def bring_up_to_date() -> None:
            # What cannot be written is read as it is.
            with suppress(StoreReadOnly):
                catch_up(states, utc_now())

        return bring_up_to_date

    @cached_property
    def device_events(self) -> PolledDeviceEvents | None:
        """What happens to devices; None where the database keeps no evidence."""
        from iotconfig.domain.devices.polled_events import PolledDeviceEvents

        return None if self.devices is None else PolledDeviceEvents(self.devices, self.changes)

    @cached_property
    def sightings(self) -> SightingsWriter | None:
        """What this process sees of devices, written in the background; None where it is not recorded."""
        interval = self.settings.devices.sightings_interval
        if not self.devices or not interval:
            return None
        from .sightings import SightingsWriter

        record: Callable[[Sequence[Evidence]], None] = self.devices.record
        if self.registry is not None:
            from . import metrics

            record = metrics.counting_sightings(self.registry)(record, lambda: writer.sightings.dropped)
        boards = self.new_boards
        writer = SightingsWriter(record, interval, boards.write if boards else None)
        return writer

    @cached_property
    def assets(self) -> AssetService:
        """Files for devices. Raises `InvalidSetting` where the key of uploads cannot be read."""
        from .assets import assets

        return assets(self.settings, self.persistence.store)

    @cached_property
    def pictures(self) -> PicturesOnDemand:
        """Pictures from other servers."""
        from .pictures import PicturesOnDemand

        return PicturesOnDemand(self.settings)


def services_on_database(settings: Settings) -> Services:
    """The use cases on the database of the settings, which is asked at the first use; the caller closes `persistence`."""
    return Services(settings, backend(settings).open())


def checked_services(settings: Settings, *, checks_schema: bool = True, catches_up: bool = True) -> Services:
    """The use cases on the database of the settings, which is there; the caller closes `persistence`.

    `checks_schema`: False where the process that started this one has checked the schema.
    `catches_up`: see `Services`.

    Raises `StoreUnavailable` where there is no database, or its schema is not the one that
    this version needs; `InvalidSetting` where DATABASE_URL is wrong.
    """
    database = backend(settings)
    if checks_schema:
        database.require_current()
    database.require_existing()
    return Services(settings, database.open(), catches_up)


@contextmanager
def open_services(settings: Settings, *, checks_schema: bool = True) -> Iterator[Services]:
    """As `checked_services`; the database's connections are closed at the end of the block."""
    services = checked_services(settings, checks_schema=checks_schema)
    with closing(services.persistence):
        yield services


def services_in_memory() -> Services:
    """The use cases with the default settings, in memory of their own; the caller closes `persistence`."""
    from .memory import MemoryPersistence
    from .models import document_rules

    persistence = MemoryPersistence()
    persistence.store.composers.rules = document_rules()
    return Services(Settings.from_environ({}), persistence)
