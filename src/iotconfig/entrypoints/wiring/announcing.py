"""The broker, the relay to it, and the notifications that wait for it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

from iotconfig.domain.announcing.ports import Lease, Publisher
from iotconfig.domain.announcing.relay import Relay
from iotconfig.domain.announcing.relay_reports import Destination, Reporter
from iotconfig.domain.announcing.service import NotificationService
from iotconfig.domain.errors import IotConfigError
from iotconfig.entrypoints.settings import InvalidSetting, Settings

from .clock import utc_now
from .databases import lease, opened

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from iotconfig.adapters.mqtt import Broker
    from iotconfig.adapters.sql.engine.database import Database


def broker(settings: Settings) -> Broker | None:
    """Which broker to announce to; None where none is configured. Raises `InvalidSetting`."""
    if not settings.mqtt.url:
        return None
    from iotconfig.adapters.mqtt import Broker

    try:
        return Broker.parse(
            settings.mqtt.url,
            username=settings.mqtt.username or None,
            password=settings.mqtt.password or None,
            ca_file=Path(settings.mqtt.ca_file) if settings.mqtt.ca_file else None,
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
    from iotconfig.adapters.mqtt import MqttPublisher, client_id_of
    from iotconfig.adapters.sql.announcing import SqlNotificationQueue
    from iotconfig.adapters.sql.installation import installation_name
    from iotconfig.adapters.sql.relay_reports import SqlRelayReports

    with opened(settings) as database:
        connection = MqttPublisher(
            address,
            prefix=settings.mqtt.prefix,
            client_id=client_id_of(installation_name(database), settings.mqtt.prefix),
            window=settings.mqtt.window,
            timeout=settings.mqtt.timeout,
            shows_itself=True,
        )
        publisher: Publisher = connection
        if registry is not None:
            from . import metrics

            publisher = metrics.counted(registry, publisher)
        held = lease(settings)
        reporter = Reporter(
            SqlRelayReports(database), token_hex(8), Destination(str(address), settings.mqtt.prefix)
        )
        relay = Relay(
            SqlNotificationQueue(database),
            publisher,
            held,
            utc_now,
            random.random,
            watch=connection,
            reporter=reporter,
        )
        try:
            yield relay, held
        finally:
            relay.close()


def notifications(settings: Settings, database: Database) -> NotificationService:
    """The notifications that are pending in a database."""
    from iotconfig.adapters.sql.announcing import SqlNotificationQueue
    from iotconfig.adapters.sql.relay_reports import SqlRelayReports

    address = broker(settings)
    return NotificationService(
        SqlNotificationQueue(database),
        utc_now,
        enabled=address is not None,
        destination=None if address is None else Destination(str(address), settings.mqtt.prefix),
        reports=SqlRelayReports(database),
    )
