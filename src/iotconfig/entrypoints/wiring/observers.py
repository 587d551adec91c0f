"""Observers of answers. prometheus_client is loaded only if metrics are on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import frozen

from iotconfig.entrypoints.settings import Settings

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from iotconfig.adapters.telemetry import Observer


@frozen
class Observed:
    """The observers of answers, and the registry of metrics, if they are on."""

    observers: Sequence[Observer] = ()
    registry: CollectorRegistry | None = None


def new_registry(settings: Settings) -> CollectorRegistry | None:
    """A registry for metrics; None if they are off."""
    if not settings.telemetry.has_metrics:
        return None
    from prometheus_client import CollectorRegistry

    if settings.telemetry.metrics_directory:
        from iotconfig.adapters.metrics import reserve_space

        reserve_space()
    return CollectorRegistry()


def logged_access() -> Observer:
    """The access log as lines of the logger `iotconfig.access`, in the format of the server's logs."""
    from iotconfig.adapters.logs import LoggedAccess

    return LoggedAccess()


def observed(settings: Settings, access: Observer) -> Observed:
    """The access log, and the counter of answers if metrics are on."""
    registry = new_registry(settings)
    if registry is None:
        return Observed((access,))
    from . import metrics

    return Observed((access, metrics.counting(registry)), registry)
