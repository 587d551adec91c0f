"""Who hears of answers: decided before prometheus_client is loaded, which only those need who count."""

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
    """Who hears of answers, and where they count, if they do."""

    observers: Sequence[Observer] = ()
    registry: CollectorRegistry | None = None


def new_registry(settings: Settings) -> CollectorRegistry | None:
    """Where to count; None where nobody may read it."""
    if not settings.telemetry.has_metrics:
        return None
    from prometheus_client import CollectorRegistry

    if settings.telemetry.metrics_directory:
        from iotconfig.adapters.metrics import reserve_space

        reserve_space()
    return CollectorRegistry()


def observed(settings: Settings, access: Observer) -> Observed:
    """Those who hear of answers: who tells of them in the log, and who counts them where somebody may read that."""
    registry = new_registry(settings)
    if registry is None:
        return Observed((access,))
    from . import metrics

    return Observed((access, metrics.counting(registry)), registry)
