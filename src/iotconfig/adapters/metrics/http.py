"""The metrics of HTTP answers. No label grows with the fleet."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from itertools import product
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram

from iotconfig.adapters.telemetry import REPORT_OUTCOMES, Answered

_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)

_REPORT_ROUTES: Final = ("/api/configs/{mac}.json", "/api/devices/{mac}/report")

_Count = Callable[[], None]
_Measure = Callable[[float], None]


class HttpMetrics:
    """Counts answers, and measures the duration of operations on configs."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "iotconfig_http_requests_total",
            "HTTP answers by method, route template and status",
            ["method", "route", "status"],
            registry=registry,
        )
        self._operations = Counter(
            "iot_config_operations_total",
            "Operations on configs by result; refusals count as errors",
            ["operation", "status"],
            registry=registry,
        )
        self._durations = Histogram(
            "iot_config_operation_duration_seconds",
            "Duration of operations on configs",
            ["operation"],
            buckets=_BUCKETS,
            registry=registry,
        )
        self._reports = Counter(
            "iotconfig_device_reports_total",
            "Reports of devices over HTTP, by the route and by what became of them",
            ["route", "outcome"],
            registry=registry,
        )
        for route, outcome in product(_REPORT_ROUTES, REPORT_OUTCOMES):
            self._reports.labels(route, outcome)
        # Looking up labels costs more than counting.
        self._known: dict[tuple[str, str, int], tuple[_Count, _Count | None, _Measure | None]] = {}

    def answered(self, answer: Answered) -> None:
        """Count an answer."""
        key = (answer.route, answer.method, answer.status)
        count, count_operation, measure = self._known.get(key) or self._meet(answer, key)
        count()
        if count_operation is not None and measure is not None:
            count_operation()
            measure(answer.seconds)
        if answer.report is not None:
            self._reports.labels(answer.route, answer.report).inc()

    def _meet(
        self, answer: Answered, key: tuple[str, str, int]
    ) -> tuple[_Count, _Count | None, _Measure | None]:
        """Return the counters for answers with the same route, method and status."""
        count = self._requests.labels(answer.method, answer.route, str(answer.status)).inc
        count_operation = measure = None
        if answer.operation is not None:
            status = "success" if answer.status < HTTPStatus.BAD_REQUEST else "error"
            count_operation = self._operations.labels(answer.operation, status).inc
            measure = self._durations.labels(answer.operation).observe
        found = self._known[key] = (count, count_operation, measure)
        return found
