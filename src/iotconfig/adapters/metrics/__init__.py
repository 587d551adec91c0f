"""Counters and gauges for Prometheus."""

from .bounded import Bounded
from .exposition import Exposition, Figures, forget_process
from .http import HttpMetrics
from .pool import PoolMetrics
from .relay import RelayMetrics
from .server import MetricsServer

__all__ = [
    "Bounded",
    "Exposition",
    "Figures",
    "HttpMetrics",
    "MetricsServer",
    "PoolMetrics",
    "RelayMetrics",
    "forget_process",
]
