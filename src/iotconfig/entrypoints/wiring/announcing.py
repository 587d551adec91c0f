"""The broker, and the relay to it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from iotconfig.domain.errors import IotConfigError
from iotconfig.domain.ports import Lease, Publisher
from iotconfig.domain.relay import Relay
from iotconfig.entrypoints.settings import InvalidSetting, Settings

from .clock import utc_now
from .databases import lease, open_database

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from iotconfig.adapters.mqtt import Broker


def broker(settings: Settings) -> Broker | None:
    """Which broker to announce to; None where none is configured. Raises `InvalidSetting`."""
    if not settings.mqtt_url:
        return None
    from iotconfig.adapters.mqtt import Broker

    try:
        return Broker.parse(
            settings.mqtt_url,
            username=settings.mqtt_username or None,
            password=settings.mqtt_password or None,
            ca_file=Path(settings.mqtt_ca_file) if settings.mqtt_ca_file else None,
        )
    except IotConfigError as error:
        raise InvalidSetting(f"MQTT_URL: {error}") from None


@contextmanager
def open_relay(
    settings: Settings, address: Broker, registry: CollectorRegistry | None = None
) -> Iterator[tuple[Relay, Lease]]:
    """A relay from the database to the broker, and the lease on which it waits for announcements.

    `registry`: where it counts what it tells, if anywhere.
    """
    from iotconfig.adapters.mqtt import MqttPublisher
    from iotconfig.adapters.sql.notifications import SqlNotificationQueue

    publisher: Publisher = MqttPublisher(
        address,
        prefix=settings.mqtt_prefix,
        client_id=f"{settings.mqtt_prefix}-relay",
        window=settings.mqtt_window,
        timeout=settings.mqtt_timeout,
    )
    if registry is not None:
        from iotconfig.entrypoints import metering

        publisher = metering.counted(registry, publisher)
    held = lease(settings)
    database = open_database(settings)
    relay = Relay(SqlNotificationQueue(database), publisher, held, utc_now, random.random)
    try:
        yield relay, held
    finally:
        relay.close()
        database.close()
