"""Observers of answers: the facts that they receive, and the metrics and log lines that they make."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from iotconfig.adapters.http.routes import ROUTES
from iotconfig.adapters.logs import LoggedAccess, Output, WrittenAccess
from iotconfig.adapters.metrics import Exposition, Figures, HttpMetrics
from iotconfig.adapters.telemetry import Answered
from iotconfig.domain.configs.service import ConfigService
from tests.support.apps import app_in_memory
from tests.support.scraping import parsed, value
from tests.support.wsgi_client import WsgiClient

AUTHOR = 'J. "Bobby"\n\x1b Tables €\ud800'


class RecordingObserver:
    """Records the answers that it receives."""

    def __init__(self) -> None:
        self.answers: list[Answered] = []

    def answered(self, answer: Answered) -> None:
        self.answers.append(answer)


@pytest.fixture
def observer() -> RecordingObserver:
    return RecordingObserver()


@pytest.fixture
def client(observer: RecordingObserver) -> WsgiClient:
    """The API in memory with an observer; its metrics require a token."""
    registry = CollectorRegistry()
    exposition = Exposition(registry, "", lambda: Figures(3, 2, 1, 0.5), announces=True)
    app = app_in_memory(
        enabled=True,
        observers=(observer, HttpMetrics(registry)),
        render_metrics=exposition.render,
        metrics_token="sixteen-letters-",
    )
    return WsgiClient(app)


@pytest.mark.parametrize(
    "spelling", ["aa:bb:cc:dd:ee:ff", "AA-BB-CC-DD-EE-FF", "aabb.ccdd.eeff", "AABBCCDDEEFF"]
)
def test_a_device_has_its_canonical_mac_address(
    client: WsgiClient, observer: RecordingObserver, spelling: str
) -> None:
    """The observer receives the canonical spelling, and the device route."""
    client.get(f"/api/configs/{spelling}.json")
    (answer,) = observer.answers

    assert ("aa:bb:cc:dd:ee:ff", "/api/configs/{mac}.json", "fetch") == (
        answer.mac_address,
        answer.route,
        answer.operation,
    )
    assert (404, "RECORD_NOT_FOUND", None) == (answer.status, answer.code, answer.author)


def test_a_refused_request_has_its_mac_address(client: WsgiClient, observer: RecordingObserver) -> None:
    """The device route does not have the method, so that its resource is not asked."""
    client.request("PUT", "/api/configs/AA-BB-CC-DD-EE-FF.json")
    (answer,) = observer.answers

    assert ("aa:bb:cc:dd:ee:ff", "METHOD_NOT_ALLOWED") == (answer.mac_address, answer.code)


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/api/configs/12345678901234567.json", ("GET", "/api/configs/{mac}.json", "fetch")),
        ("HEAD", "/api/configs", ("HEAD", "/api/configs", "list")),
        ("OPTIONS", "/api/configs", ("OPTIONS", "/api/configs", None)),
        ("GET", "/api/health/live", ("GET", "/api/health/live", None)),
        ("GET", "/api/secret", ("GET", "unmatched", None)),
    ],
)
def test_labels_do_not_contain_data_of_callers(
    client: WsgiClient,
    observer: RecordingObserver,
    method: str,
    path: str,
    expected: tuple[str, str, str | None],
) -> None:
    """Methods, routes and operations are limited sets; an invalid MAC address is left out."""
    client.request(method, path)
    (answer,) = observer.answers

    assert expected == (answer.method, answer.route, answer.operation)
    assert None is answer.mac_address


def test_every_route_of_configs_has_an_operation() -> None:
    """Each route of configs, of deleted ones and of changes has an operation for the dashboards."""
    configs = {
        (route.path, method)
        for route in ROUTES
        for method in route.operations
        if route.path.startswith(("/api/configs", "/api/deleted-configs", "/api/changes"))
    }

    assert configs == set(ROUTES.metrics)
    assert len(configs) == len(set(ROUTES.metrics.values()))


def test_metrics_of_one_process(client: WsgiClient) -> None:
    """A single process needs no shared directory; clients that accept OpenMetrics get it."""
    client.get("/api/configs")
    client.get("/api/configs/1")
    headers = {"Authorization": "Bearer sixteen-letters-"}
    samples = parsed(client.request("GET", "/metrics", headers=headers).text)
    openmetrics = client.request(
        "GET", "/metrics", headers={**headers, "Accept": "application/openmetrics-text; version=1.0.0"}
    )

    assert 1 == value(samples, "iot_config_operations_total", operation="list", status="success")
    assert 1 == value(samples, "iot_config_operations_total", operation="get", status="error")
    assert 1 == value(samples, "iot_config_operation_duration_seconds_count", operation="get")
    assert (3, 2, 1, 0.5, 1) == (
        value(samples, "iot_config_files_count"),
        value(samples, "iotconfig_notifications_pending"),
        value(samples, "iotconfig_notifications_parked"),
        value(samples, "iotconfig_notifications_oldest_age_seconds"),
        value(samples, "iotconfig_announces"),
    )
    assert openmetrics.text.endswith("# EOF\n")
    assert openmetrics.headers["content-type"].startswith("application/openmetrics-text")


@pytest.fixture
def level() -> Iterator[logging.Logger]:
    """The logger of access lines, at the level that a test needs."""
    logger = logging.getLogger("iotconfig.access")
    logger.setLevel(logging.INFO)
    yield logger
    logger.setLevel(logging.NOTSET)


def written(path: Path, *answers: Answered) -> list[str]:
    """The lines that `WrittenAccess` writes for answers."""
    with path.open("wb") as file:
        access = WrittenAccess(Output(file.fileno()))
        for answer in answers:
            access.answered(answer)
    return path.read_text().splitlines()


def test_a_written_line_is_valid_json(level: logging.Logger, tmp_path: Path) -> None:
    """An author may contain any characters."""
    answer = Answered(
        "PUT", "/api/configs/{segment}", 409, 0.0123456, "r-1", "RECORD_EXISTS", "update", "aa:bb:cc:dd:ee:ff", AUTHOR
    )  # fmt: skip
    (line,) = written(tmp_path / "log", answer)
    found = json.loads(line)

    assert (AUTHOR, "aa:bb:cc:dd:ee:ff", "RECORD_EXISTS") == (found["author"], found["mac"], found["code"])
    assert (1.23 <= found["duration_ms"] <= 12.35, os.getpid(), "r-1") == (
        True,
        found["pid"],
        found["request_id"],
    )
    assert found["time"].endswith("Z")


def test_both_ways_to_log_an_answer_are_equal(
    level: logging.Logger, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The fast writer and the logging library write the same members."""
    answer = Answered("GET", "/api/configs", 200, 0.0125, "r-1", None, "list", None, "anonymous")
    LoggedAccess().answered(answer)
    (record,) = caplog.records
    (line,) = written(tmp_path / "log", answer)
    found = json.loads(line)

    assert record.fields == {name: found[name] for name in record.fields}  # type: ignore[attr-defined]
    assert record.getMessage() == found["message"]


@pytest.mark.parametrize(("status", "lines"), [(200, 0), (503, 1)])
def test_health_is_logged_when_it_fails(
    level: logging.Logger, tmp_path: Path, status: int, lines: int
) -> None:
    """Successful health checks are not logged at the default level; refusals are."""
    answer = Answered("GET", "/api/health/ready", status, 0.0, "r-1", is_polled=True)

    assert lines == len(written(tmp_path / "log", answer))


@pytest.mark.parametrize(
    ("path", "is_polled"),
    [
        ("/api/health", True),
        ("/api/health/live", True),
        ("/api/health/ready", True),
        ("/metrics", True),
        ("/api/configs", False),
    ],
)
def test_the_routes_that_machines_poll(
    client: WsgiClient, observer: RecordingObserver, path: str, is_polled: bool
) -> None:
    client.get(path)

    assert [is_polled] == [answer.is_polled for answer in observer.answers]


def test_no_line_below_the_level(level: logging.Logger, tmp_path: Path) -> None:
    level.setLevel(logging.WARNING)

    assert [] == written(tmp_path / "log", Answered("GET", "/api/configs", 200, 0.0, "r-1"))


def test_an_observer_receives_unexpected_errors(
    observer: RecordingObserver, client: WsgiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer to an unexpected error is observed as others are."""

    def fail(*_arguments: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(ConfigService, "find", fail)
    client.get("/api/configs")

    assert [(500, "INTERNAL_ERROR")] == [(answer.status, answer.code) for answer in observer.answers]
