"""`RelayReports`: the shipped suite over every adapter, the age of reports in SQL, and the installation's name."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from iotconfig.adapters.sql.engine.database import Database
from iotconfig.adapters.sql.installation import installation_name
from iotconfig.adapters.sql.relay_reports import SqlRelayReports
from iotconfig.domain.announcing.relay_reports import Destination, RelayReport
from iotconfig.testing import RelayReportsContract
from iotconfig.testing.simultaneous import together

_REPORT = RelayReport("a", Destination("mqtt://broker:1883", "iotsupport"), is_active=False)


class TestRelayReports(RelayReportsContract):
    """Over each kind of store."""


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """An empty database of each kind."""
    found: Database = request.getfixturevalue(f"{request.param}_database")
    return found


def test_an_old_report_does_not_count(database: Database) -> None:
    """A relay that was killed leaves a report; the database's clock measures its age."""
    reports = SqlRelayReports(database)
    reports.put(_REPORT)
    with database.writing() as connection:
        connection.execute(text("UPDATE relays SET reported_at = '2026-01-01 00:00:00.000000'"))

    assert [] == list(reports.fresh())


def test_an_installation_has_one_name(database: Database) -> None:
    """Eight concurrent first readers get the same name."""
    names = together(8, lambda _: installation_name(database))

    assert {installation_name(database)} == set(names)
