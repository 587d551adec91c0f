"""The contract of `RelayReports`: the reports of the relays of one database."""

from __future__ import annotations

from iotconfig.domain.announcing.relay_reports import (
    Destination,
    RelayProblem,
    RelayProblemCode,
    RelayReport,
    RelayReports,
)

_HERE = Destination("mqtt://broker:1883", "iotsupport")
_PROBLEM = RelayProblem(RelayProblemCode.NOT_RETAINED, 'The "broker" keeps nothing: é')


class RelayReportsContract:
    """Needs the fixture `relay_reports`, without a report in it."""

    def test_a_report_comes_back_whole(self, relay_reports: RelayReports) -> None:
        """A stored report is read unchanged, with its problems in their order."""
        report = RelayReport("a", _HERE, True, (_PROBLEM, RelayProblem(RelayProblemCode.PREFIX_SHARED, "b")))
        relay_reports.put(report)

        assert [report] == list(relay_reports.fresh())

    def test_a_report_replaces_the_relays_earlier_one(self, relay_reports: RelayReports) -> None:
        """Each relay has one report, which its next one replaces."""
        relay_reports.put(RelayReport("a", _HERE, False, (_PROBLEM,)))
        relay_reports.put(RelayReport("a", _HERE, True))

        assert [RelayReport("a", _HERE, True)] == list(relay_reports.fresh())

    def test_there_is_one_active_relay(self, relay_reports: RelayReports) -> None:
        """The report of a new active relay replaces that of the one before it; reports of standby relays stay."""
        for name, is_active in (("b", False), ("a", True), ("c", True)):
            relay_reports.put(RelayReport(name, _HERE, is_active))

        assert ["b", "c"] == [report.relay for report in relay_reports.fresh()]

    def test_a_relay_that_ends_is_removed(self, relay_reports: RelayReports) -> None:
        """Only the report of this relay is removed; removing it again does nothing."""
        for name in ("a", "b"):
            relay_reports.put(RelayReport(name, _HERE, False))
        relay_reports.remove("a")
        relay_reports.remove("a")

        assert ["b"] == [report.relay for report in relay_reports.fresh()]
