"""The broker, the relay, and pending notifications."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

from iotconfig.domain.errors import IotConfigError
from iotconfig.domain.jobs.restarting import OpenJob, RestartingJob
from iotconfig.entrypoints.settings import InvalidSetting, Settings

from .backends import backend
from .clock import utc_now
from .persistence import Persistence
from .subscribing import reads_messages

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from iotconfig.adapters.mqtt import Broker
    from iotconfig.domain.announcing.ports import Publisher
    from iotconfig.domain.announcing.service import NotificationService


def broker(settings: Settings) -> Broker | None:
    """The broker for announcements; None if none is configured. Raises `InvalidSetting`."""
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


def relay_job(
    settings: Settings, address: Broker, registry: CollectorRegistry | None = None
) -> RestartingJob:
    """The job that relays from the database to the broker. `registry`: where it counts; None counts nothing."""
    count: Callable[[Publisher], Publisher] | None = None
    if registry is not None:
        from . import metrics

        count = metrics.counting_relay(registry)
    return RestartingJob("relay", lambda: _open_relay(settings, address, count), random.random)


@contextmanager
def _open_relay(
    settings: Settings, address: Broker, count: Callable[[Publisher], Publisher] | None
) -> Iterator[OpenJob]:
    from iotconfig.adapters.mqtt import MqttPublisher, client_id_of
    from iotconfig.domain.announcing.relay import Relay
    from iotconfig.domain.announcing.relay_reports import Destination, Reporter
    from iotconfig.domain.devices.offers import Offers

    database = backend(settings)
    database.require_existing()
    with closing(database.open()) as persistence:
        connection = MqttPublisher(
            address,
            prefix=settings.mqtt.prefix,
            client_id=client_id_of(persistence.installation(), settings.mqtt.prefix),
            window=settings.mqtt.window,
            timeout=settings.mqtt.timeout,
            shows_itself=True,
            clears_devices=reads_messages(settings),
        )
        lease, wakeup = database.lease_and_wakeup("relay")
        reports = persistence.relay_reports
        evidence = persistence.evidence
        destination = Destination(str(address), settings.mqtt.prefix)
        relay = Relay(
            persistence.notifications,
            connection if count is None else count(connection),
            lease,
            utc_now,
            random.random,
            watch=connection,
            reporter=None if reports is None else Reporter(reports, token_hex(8), destination),
            observer=None if evidence is None else Offers(evidence.write, utc_now),
        )
        with closing(wakeup), closing(relay):
            yield OpenJob(relay, wakeup)


def notifications(settings: Settings, persistence: Persistence) -> NotificationService:
    """The pending notifications in a database. Raises `InvalidSetting`."""
    from iotconfig.domain.announcing.relay_reports import Destination
    from iotconfig.domain.announcing.service import NotificationService

    address = broker(settings)
    return NotificationService(
        persistence.notifications,
        utc_now,
        enabled=address is not None,
        destination=None if address is None else Destination(str(address), settings.mqtt.prefix),
        reports=persistence.relay_reports,
    )
