"""`iotconfig health`, on a database and on a service."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from iotconfig._version import __version__
from iotconfig.domain.devices.subscriber_reports import SubscriberReport
from iotconfig.entrypoints.settings import Settings
from iotconfig.entrypoints.wiring.services import open_services
from tests.support.command_line import CommandLine
from tests.support.postgres import PostgresServer, create_database
from tests.support.schema import execute
from tests.support.socket_service import api_on_socket


def test_all_parts_are_shown(quick: CommandLine) -> None:
    """Without a broker, what it is for is disabled. JSON is what the API answers."""
    lines = quick.ok("health").text.splitlines()
    assert f"version        {__version__}" == lines[0]
    assert "database       connected" in lines
    assert "announcements  disabled, 0 pending, 0 parked" in lines
    assert "subscriber     disabled" in lines
    assert lines[-1].startswith("healthy, in ")
    found = quick.ok("health", "--json").json()
    assert ["status", "database", "version", "notifications", "subscriber", "log"] == list(found)


@pytest.mark.parametrize("is_remote", [False, True], ids=["database", "service"])
def test_the_subscriber_is_shown_with_its_problem(sqlite_url: str, is_remote: bool) -> None:
    """Since when it is not connected, and why. The service is healthy all the same."""
    environ = {"DATABASE_URL": sqlite_url, "MQTT_URL": "mqtt://127.0.0.1:9"}
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    with open_services(Settings.from_environ(environ)) as services:
        assert services.persistence.subscriber_reports is not None
        services.persistence.subscriber_reports.put(
            SubscriberReport("a", False, at, at, "the \x1bbroker is away")
        )

    def check(command: CommandLine) -> None:
        shown = command.ok("health").text
        assert (
            "subscriber     disconnected since 2026-01-02 03:04:05Z, last message 2026-01-02 03:04:05Z\n"
            "               the \\x1bbroker is away.\n"
        ) in shown

    if not is_remote:
        check(CommandLine(environ))
        return
    with api_on_socket(sqlite_url, MQTT_URL=environ["MQTT_URL"]) as url:
        check(CommandLine({"IOTCONFIG_URL": url}))


@pytest.mark.parametrize("is_remote", [False, True], ids=["database", "service"])
def test_a_database_that_takes_no_writes_is_a_failure(own_postgres: PostgresServer, is_remote: bool) -> None:
    """The status is 1, and the error says what to do."""
    url = create_database(own_postgres.base_url, f"health_{is_remote}".lower())
    local = CommandLine({"DATABASE_URL": url})
    local.ok("upgrade-db")
    name = url.rsplit("/", 1)[1].partition("?")[0]
    execute(url, f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')

    def check(command: CommandLine) -> None:
        ended = command.run("health")
        assert 1 == ended.status
        assert "database       read-only\n" in ended.text
        assert re.search(r"\nunhealthy, in ", ended.text)
        assert "unhealthy" == command.run("health", "--json").json()["status"]

    if not is_remote:
        check(local)
        return
    with api_on_socket(url) as service:
        check(CommandLine({"IOTCONFIG_URL": service}))
