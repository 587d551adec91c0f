"""The API in memory, for tests and measurements that need no server."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import falcon

from iotconfig.adapters.http.access_control import AccessControl
from iotconfig.adapters.http.app import create_app
from iotconfig.adapters.http.dependencies import UseCases
from iotconfig.adapters.http.events.feed import Feed
from iotconfig.adapters.http.events.streams import EventStreams
from iotconfig.adapters.jsonschema import JsonSchemaRules
from iotconfig.adapters.memory import (
    MemoryApiTokenStore,
    MemoryAssetStore,
    MemoryDeviceTokenStore,
    MemoryStore,
)
from iotconfig.adapters.memory.subscriber_reports import MemorySubscriberReports
from iotconfig.adapters.throttle import MemoryThrottle
from iotconfig.domain.access.api_tokens import ApiTokenService
from iotconfig.domain.announcing.service import NotificationService
from iotconfig.domain.assets.asset import AssetStore
from iotconfig.domain.assets.service import AssetService
from iotconfig.domain.assets.upload_rules import UploadRules
from iotconfig.domain.clock import Clock
from iotconfig.domain.configs.adopting import AdoptionService
from iotconfig.domain.configs.bulk_service import BulkService
from iotconfig.domain.configs.change_log_service import ChangeLogService
from iotconfig.domain.configs.history import HistoryService
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.domain.configs.tagging import TagService
from iotconfig.domain.devices.service import DeviceService
from iotconfig.domain.devices.subscriber_reports import SubscriberService
from iotconfig.domain.devices.tokens import DeviceTokenService
from iotconfig.domain.documents.content import DEFAULT_MAX_BYTES
from iotconfig.domain.layering.explaining import ExplanationService
from iotconfig.domain.layering.model_checks import ModelChecks
from iotconfig.domain.layering.model_service import ModelService
from iotconfig.domain.layering.secret_service import SecretService
from iotconfig.domain.layering.service import LayerService
from iotconfig.domain.layering.undoing import undo_layers
from iotconfig.domain.pictures import Picture, TargetSize
from iotconfig.testing.clocks import SteppingClock


class _NoPictures:
    """`PictureUseCases` for tests that fetch no picture."""

    def picture(self, url: str, headers: Mapping[str, str], box: TargetSize) -> Picture:
        raise AssertionError("pictures are not fetched here")


def app_in_memory(
    store: Store | None = None,
    clock: Clock | None = None,
    *,
    files: AssetStore | None = None,
    enabled: bool = False,
    access: AccessControl | None = None,
    **options: Any,
) -> falcon.App[Any, Any]:
    """Return the API over `store`, or over a new store in memory.

    enabled: whether a broker is configured.
    access: by default, without authentication.
    """
    in_memory = MemoryStore()
    store, clock = store or in_memory, clock or SteppingClock()
    observed = store if isinstance(store, MemoryStore) else in_memory
    layers = LayerService(store, clock)
    use_cases = UseCases(
        configs=ConfigService(store, clock),
        documents=ConfigService(store, clock),
        history=HistoryService(store, clock),
        changes=ChangeLogService(store),
        bulk=BulkService(
            store,
            clock,
            options.get("max_content_bytes", DEFAULT_MAX_BYTES),
            undo_others=partial(undo_layers, layers),
        ),
        tags=TagService(store, clock),
        layers=layers,
        explanations=ExplanationService(store),
        models=ModelService(store, clock, ModelChecks(store, JsonSchemaRules())),
        secrets=SecretService(store, clock),
        adoption=AdoptionService(store, clock),
        notifications=NotificationService(in_memory.notifications(), clock, enabled=enabled),
        subscriber=SubscriberService(MemorySubscriberReports(clock), is_enabled=enabled, reads=enabled),
        api_tokens=ApiTokenService(MemoryApiTokenStore(), clock),
        device_tokens=DeviceTokenService(MemoryDeviceTokenStore(), clock),
        assets=AssetService(store, files or MemoryAssetStore(), clock, None, UploadRules()),
        check_store=store.check,
        pictures=_NoPictures(),
        devices=DeviceService(observed.evidence, clock, messages=observed.last_messages),
        new_boards=observed.new_boards,
    )
    if "event_streams" not in options:
        options["event_streams"] = EventStreams(Feed.of(store, None, in_memory.wakeup))
        # Streams end after their first event, so that every request has an end.
        options["event_streams"].feed.signal.end()
    access = access or AccessControl(MemoryThrottle(10), MemoryThrottle(60))
    return create_app(use_cases, access, **options)
