"""Reports: what a device says of a document."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

from attrs import field, frozen

from iotconfig.domain.errors import ValidationFailed
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.text import harmless

from .evidence import MAX_ETAG, Evidence, Kind, Newest, Proof
from .state import Wanted

MAX_REPORT: Final = 512
"""Maximum bytes of a report."""
MAX_POINTER: Final = 64
MAX_REASON: Final = 80
MAX_FIRMWARE: Final = 32
"""Bytes of UTF-8 that are kept of these members."""
MAX_REPORT_NUMBER: Final = 2**63 - 1


class Outcome(StrEnum):
    """What became of the document."""

    APPLIED = "applied"
    REJECTED = "rejected"


def cut(text: str | None, size: int) -> str | None:
    """The first `size` bytes of a text, cut between characters, with escapes for what controls a terminal."""
    if text is None:
        return None
    return harmless(text).encode(errors="replace")[:size].decode(errors="ignore")


def _cut_pointer(text: str | None) -> str | None:
    return cut(text, MAX_POINTER)


def _cut_reason(text: str | None) -> str | None:
    return cut(text, MAX_REASON)


def _cut_firmware(text: str | None) -> str | None:
    return cut(text, MAX_FIRMWARE)


def _check_etag(_report: object, _attribute: object, etag: str) -> None:
    if not 3 <= len(etag) <= MAX_ETAG or not etag.isascii() or not etag.isprintable():
        raise ValidationFailed(
            f"The ETag of a report is the one that the document was sent with, of at most {MAX_ETAG} characters."
        )


def _check_number(_report: object, _attribute: object, number: int | None) -> None:
    if number is not None and not 0 <= number <= MAX_REPORT_NUMBER:
        raise ValidationFailed(f"The number of a report is a whole number from 0 to {MAX_REPORT_NUMBER}.")


def _outcome_of(given: Outcome | str) -> Outcome:
    try:
        return Outcome(given)
    except ValueError:
        raise ValidationFailed(f"The outcome of a report is {' or '.join(Outcome)}.") from None


@frozen
class Report:
    """A report of a device. Long texts are cut, and not refused. Raises `ValidationFailed`."""

    outcome: Outcome = field(converter=_outcome_of)
    """Or its word."""
    etag: str = field(validator=_check_etag)
    """The document, quotes included. It need not be a known one."""
    pointer: str | None = field(default=None, converter=_cut_pointer)
    """The refused member, as a JSON Pointer."""
    reason: str | None = field(default=None, converter=_cut_reason)
    firmware: str | None = field(default=None, converter=_cut_firmware)
    number: int | None = field(default=None, validator=_check_number)
    """The number of the device's reports since its firmware was installed."""

    @property
    def kind(self) -> Kind:
        """The kind of evidence that the report is."""
        return Kind.APPLIED if self.outcome is Outcome.APPLIED else Kind.REJECTED

    def as_evidence(
        self, mac_address: MacAddress, wanted: Wanted, received_at: datetime, source: str, proof: Proof
    ) -> Evidence:
        """The evidence that the report is.

        wanted: the document that the device is served when the report arrives.
        source: the address that it came from.
        """
        return Evidence(
            mac_address,
            self.kind,
            self.etag,
            wanted.number,
            received_at,
            source,
            proof,
            wanted.number if self.etag == wanted.etag else None,
            self.pointer,
            self.reason,
            self.firmware,
            self.number,
        )


def is_outdated(report: Report, newest: Newest) -> bool:
    """Whether the device has sent a report with a higher number since the same firmware was installed."""
    last = last_report(newest)
    if last is None or last.report_number is None or report.number is None:
        return False
    return last.firmware == report.firmware and report.number < last.report_number


def last_report(newest: Newest) -> Evidence | None:
    """The newest report of a device; None without one."""
    reports = [newest[kind] for kind in (Kind.APPLIED, Kind.REJECTED) if kind in newest]
    return max(reports, key=lambda report: report.order, default=None)


def firmware_of(newest: Newest) -> str | None:
    """The firmware that a device named last in a report; None where it never named one."""
    reports = [newest[kind] for kind in (Kind.APPLIED, Kind.REJECTED) if kind in newest]
    named = [report for report in reports if report.firmware is not None]
    return max(named, key=lambda report: report.order).firmware if named else None
