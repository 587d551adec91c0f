"""The subscriber: what devices say over the broker."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from secrets import token_hex
from typing import TYPE_CHECKING, Final

from iotconfig.domain.devices.tokens import DeviceAuth
from iotconfig.domain.errors import StoreUnavailable
from iotconfig.domain.jobs.restarting import OpenJob, RestartingJob
from iotconfig.entrypoints.settings import Settings

from .backends import backend
from .clock import utc_now
from .persistence import Persistence

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from iotconfig.adapters.mqtt import Broker
    from iotconfig.domain.devices.reports import Report
    from iotconfig.domain.devices.subscriber import Observer
    from iotconfig.domain.devices.subscriber_reports import SubscriberService

    from .metrics import Measure

NAME: Final = "subscriber"


def subscriber_job(
    settings: Settings, address: Broker, registry: CollectorRegistry | None = None
) -> RestartingJob:
    """The job that records the messages of devices. `registry`: where it counts; None counts nothing."""
    observer: Observer | None = None
    measure: Measure | None = None
    if registry is not None:
        from . import metrics

        observer, measure = metrics.counting_subscriber(registry), metrics.measuring_delays(registry)
    return RestartingJob(NAME, lambda: _open_subscriber(settings, address, observer, measure), random.random)


def reads_messages(settings: Settings) -> bool:
    """Whether the messages of devices are read: with a broker, unless settings or the kind of database exclude it."""
    return bool(settings.mqtt.url) and settings.mqtt.reads_devices and backend(settings).keeps_messages


@contextmanager
def _open_subscriber(
    settings: Settings, address: Broker, observer: Observer | None, measure: Measure | None
) -> Iterator[OpenJob]:
    from iotconfig.adapters.mqtt import MqttSubscription, client_id_of
    from iotconfig.domain.devices.evidence import Proof
    from iotconfig.domain.devices.inbox import Inbox
    from iotconfig.domain.devices.subscriber import BATCH, Subscriber
    from iotconfig.domain.devices.subscriber_reports import SubscriberReporter

    database = backend(settings)
    database.require_existing()
    with closing(database.open()) as persistence:
        evidence, messages = persistence.evidence, persistence.last_messages
        if evidence is None or messages is None:
            raise StoreUnavailable(f"{database} keeps no messages of devices: set IOTCONFIG_MQTT_DEVICES=off")
        subscription = MqttSubscription(
            address,
            prefix=settings.mqtt.prefix,
            client_id=client_id_of(persistence.installation(), settings.mqtt.prefix, NAME),
            window=BATCH,
            timeout=settings.mqtt.timeout,
        )
        write, delays = evidence.write, persistence.delays
        is_token_checked = settings.access.device_auth is not DeviceAuth.OFF
        inbox = Inbox(
            evidence,
            messages,
            report_reader(),
            utc_now,
            Proof.BROKER if settings.mqtt.restricts_devices else Proof.NONE,
            persistence.device_tokens if is_token_checked else None,
            write if measure is None or delays is None else measure(write, delays),
        )
        # The broker wakes this job.
        lease, unused = database.lease_and_wakeup(NAME)
        reports = persistence.subscriber_reports
        subscriber = Subscriber(
            subscription,
            inbox,
            messages,
            lease,
            random.random,
            observer,
            reporter=None if reports is None else SubscriberReporter(reports, token_hex(8), utc_now),
        )
        with closing(unused), closing(subscriber):
            yield OpenJob(subscriber, subscriber)


def subscriber(settings: Settings, persistence: Persistence) -> SubscriberService:
    """The operator's view of the subscriber of a database."""
    from iotconfig.domain.devices.subscriber_reports import SubscriberService

    return SubscriberService(
        persistence.subscriber_reports, is_enabled=bool(settings.mqtt.url), reads=reads_messages(settings)
    )


def report_reader() -> Callable[[bytes], Report]:
    """What reads a report in JSON. It raises an `IotConfigError` where the bytes are none."""
    from iotconfig.adapters.codec import BodyReader, DeviceReport

    # One for all: making one takes longer than reading many reports.
    reader = BodyReader()
    return lambda payload: reader.read(payload, DeviceReport).report()
