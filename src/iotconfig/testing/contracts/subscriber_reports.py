"""The contract of `SubscriberReports`: the report of the active subscriber of one database."""

from __future__ import annotations

from datetime import UTC, datetime

from iotconfig.domain.devices.subscriber_reports import SubscriberReport, SubscriberReports

_AT = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
_LATER = datetime(2026, 1, 2, 4, tzinfo=UTC)


class SubscriberReportsContract:
    """Needs the fixture `subscriber_reports`, without a report in it."""

    def test_there_is_none_at_first(self, subscriber_reports: SubscriberReports) -> None:
        """No subscriber has run yet."""
        assert subscriber_reports.fresh() is None

    def test_a_report_comes_back_whole(self, subscriber_reports: SubscriberReports) -> None:
        """A stored report is read unchanged, its times to the microsecond."""
        report = SubscriberReport("a", False, _AT, _LATER, 'the "broker" is away: é')
        subscriber_reports.put(report)

        assert report == subscriber_reports.fresh()

    def test_a_report_replaces_any_other(self, subscriber_reports: SubscriberReports) -> None:
        """Its own earlier one, and that of a subscriber that was active before."""
        subscriber_reports.put(SubscriberReport("a", False, _AT, _AT, "away"))
        subscriber_reports.put(SubscriberReport("a", True, _LATER))
        assert SubscriberReport("a", True, _LATER) == subscriber_reports.fresh()

        subscriber_reports.put(SubscriberReport("b", False, None))
        assert SubscriberReport("b", False, None) == subscriber_reports.fresh()

    def test_a_subscriber_that_ends_removes_its_own(self, subscriber_reports: SubscriberReports) -> None:
        """The report of the one that took over stays; removing it again does nothing."""
        subscriber_reports.put(SubscriberReport("b", True, _AT))
        subscriber_reports.remove("a")
        assert SubscriberReport("b", True, _AT) == subscriber_reports.fresh()

        subscriber_reports.remove("b")
        subscriber_reports.remove("b")
        assert subscriber_reports.fresh() is None
