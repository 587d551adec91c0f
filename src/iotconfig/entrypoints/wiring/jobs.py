"""The background jobs of a service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from iotconfig.domain.jobs.restarting import RestartingJob
from iotconfig.entrypoints.settings import Settings

from .announcing import broker, relay_job
from .backends import backend
from .device_states import states_job
from .recomposing import recomposition_job
from .subscribing import reads_messages, subscriber_job

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from iotconfig.adapters.mqtt import Broker


def jobs(
    settings: Settings, *, relays: bool = True, registry: CollectorRegistry | None = None
) -> Sequence[RestartingJob]:
    """The jobs of the leader process, and of `iotconfig relay`; none is open yet. Raises `InvalidSetting`.

    `relays`: False where another process has the jobs at the broker. `registry`: where the jobs count; None counts nothing.
    """
    found: list[RestartingJob] = []
    if relays and (address := broker(settings)) is not None:
        found += _broker_jobs(settings, address, registry)
    if backend(settings).stores_states:
        found.append(states_job(settings))
    found.append(recomposition_job(settings))
    return found


def _broker_jobs(
    settings: Settings, address: Broker, registry: CollectorRegistry | None = None
) -> Sequence[RestartingJob]:
    """The jobs at the broker: the relay, and the subscriber where messages of devices are read."""
    found = [relay_job(settings, address, registry)]
    if reads_messages(settings):
        found.append(subscriber_job(settings, address, registry))
    return found
