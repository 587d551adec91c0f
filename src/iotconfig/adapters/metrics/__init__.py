"""Counters and gauges for Prometheus."""

from .bounded import Bounded
from .devices import DelayMetrics, SightingsMetrics
from .directory import CountingDirectory, forget_process
from .event_streams import EventStreamMetrics
from .exposition import Exposition, Figures
from .http import HttpMetrics
from .pool import PoolMetrics
from .relay import RelayMetrics
from .reserved import reserve_space
from .server import MetricsServer
from .subscriber import SubscriberMetrics

__all__ = [
    "Bounded",
    "CountingDirectory",
    "DelayMetrics",
    "EventStreamMetrics",
    "Exposition",
    "Figures",
    "HttpMetrics",
    "MetricsServer",
    "PoolMetrics",
    "RelayMetrics",
    "SightingsMetrics",
    "SubscriberMetrics",
    "forget_process",
    "reserve_space",
]
