"""Liveness and readiness, as orchestrators check them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from iotconfig.adapters.sql.engine.url import DatabaseUrl
from iotconfig.adapters.sql.migrations import Migrations
from tests.support.in_process import Service, service_on
from tests.support.postgres import PostgresServer, create_database
from tests.support.schema import execute
from tests.support.waiting import wait_until


@pytest.mark.parametrize(("route", "status"), [("live", "alive"), ("ready", "ready")])
def test_a_working_service_is_healthy(both: Service, route: str, status: str) -> None:
    """GET and HEAD answer, and the answer may not be cached."""
    answer = both.client.get(f"/api/health/{route}")

    assert (200, {"status": status}) == (answer.status, answer.json())
    assert "no-store" == answer.headers["cache-control"]
    assert 200 == both.client.request("HEAD", f"/api/health/{route}").status


def test_a_schema_that_is_not_current_is_not_ready(
    start_service: Callable[..., Service], database_url: str
) -> None:
    """An older or a newer schema is not ready; the answer has the remedy, and liveness holds."""
    serve = start_service()
    execute(database_url, "UPDATE iotconfig_version SET version_num = '9999'")
    answer = serve.client.get("/api/health/ready")

    assert (503, "2") == (answer.status, answer.headers["retry-after"])
    assert "unready" == answer.json()["status"]
    assert "iotconfig upgrade-db" in answer.json()["error"]
    assert 200 == serve.client.get("/api/health/live").status


def test_a_database_that_is_away_is_not_ready(own_postgres: PostgresServer) -> None:
    """It is ready when the database is back; liveness does not need it."""
    url = create_database(own_postgres.base_url, "iotconfig")
    Migrations(DatabaseUrl.parse(url)).upgrade()
    with service_on(url) as service:
        own_postgres.stop("immediate")
        answer = service.client.get("/api/health/ready")
        lives = service.client.get("/api/health/live")
        own_postgres.start()

        assert (503, "2") == (answer.status, answer.headers["retry-after"])
        assert "cannot be reached" in answer.json()["error"]
        assert 200 == lives.status
        wait_until(lambda: 200 == service.client.get("/api/health/ready").status, "it is ready again")
