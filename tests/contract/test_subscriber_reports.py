"""`SubscriberReports`: the shipped suite over every adapter, and the age of reports in SQL."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from iotconfig.adapters.sql.engine.database import Database
from iotconfig.adapters.sql.subscriber_reports import SqlSubscriberReports
from iotconfig.domain.devices.subscriber_reports import SubscriberReport
from iotconfig.testing import SubscriberReportsContract


class TestSubscriberReports(SubscriberReportsContract):
    """Over each kind of store."""


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_an_old_report_does_not_count(request: pytest.FixtureRequest, kind: str) -> None:
    """A subscriber that was killed leaves a report; the database's clock measures its age."""
    database: Database = request.getfixturevalue(f"{kind}_database")
    reports = SqlSubscriberReports(database)
    reports.put(SubscriberReport("a", True, datetime.now(UTC)))
    assert reports.fresh() is not None
    with database.writing() as connection:
        connection.execute(text("UPDATE subscribers SET reported_at = '2026-01-01 00:00:00.000000'"))

    assert reports.fresh() is None
