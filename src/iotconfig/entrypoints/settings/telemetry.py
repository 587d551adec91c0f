"""The log and metrics."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from . import parsers
from .fields import setting


class LogFormat(StrEnum):
    """The form of lines in the log."""

    AUTO = "auto"
    JSON = "json"
    TEXT = "text"


class LogLevel(StrEnum):
    """The lowest level that is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@frozen
class TelemetrySettings:
    """The log and metrics."""

    log_format: LogFormat = setting(
        "IOTCONFIG_LOG_FORMAT",
        parsers.choice(LogFormat),
        LogFormat.AUTO,
        "How serve and relay log: text, json (one object in each line), or auto: text on a terminal, else json",
    )
    log_level: LogLevel = setting(
        "IOTCONFIG_LOG_LEVEL",
        parsers.choice(LogLevel),
        LogLevel.INFO,
        "The lowest level that they log: debug, info (one line for each answer), warning or error",
    )
    no_color: bool = setting("NO_COLOR", parsers.given, False, "Any value turns colours off")
    metrics_bind: str = setting(
        "IOTCONFIG_METRICS_BIND",
        parsers.address,
        "",
        "A separate address for Prometheus, such as 127.0.0.1:9100",
    )
    metrics_token: str = setting(
        "IOTCONFIG_METRICS_TOKEN",
        parsers.token,
        "",
        "The bearer token that Prometheus sends. Without IOTCONFIG_METRICS_BIND, metrics are at /metrics of the API",
        secret=True,
    )
    metrics_directory: str = setting(
        "PROMETHEUS_MULTIPROC_DIR",
        str,
        "",
        "The directory of metrics that several processes share. `serve` sets it; set it for other servers with several workers",
    )

    @property
    def has_metrics(self) -> bool:
        """Whether metrics can be read; if not, nothing is counted."""
        return bool(self.metrics_bind or self.metrics_token)
