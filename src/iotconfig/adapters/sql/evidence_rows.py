"""Evidence as a row of SQL."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row

from iotconfig.domain.devices.evidence import Evidence, Kind, Proof
from iotconfig.domain.mac import MacAddress

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)


def micros(moment: datetime) -> int:
    """A time as it is stored: in microseconds since 1970."""
    return (moment - EPOCH) // MICROSECOND


def moment_of(stored: int) -> datetime:
    """The time of `micros`."""
    return EPOCH + stored * MICROSECOND


def row_of(evidence: Evidence) -> Mapping[str, object]:
    """The columns of evidence."""
    return {
        "mac_address": str(evidence.mac_address),
        "kind": evidence.kind.value,
        "etag": evidence.etag,
        "number": evidence.number,
        "received_at": micros(evidence.received_at),
        "source": evidence.source,
        "proof": evidence.proof.value,
        "etag_number": evidence.etag_number,
        "pointer": evidence.pointer,
        "reason": evidence.reason,
        "firmware": evidence.firmware,
        "report_number": evidence.report_number,
    }


def evidence_of(row: Row[Any]) -> Evidence:
    """The evidence of a row."""
    return Evidence(
        MacAddress(row.mac_address),
        Kind(row.kind),
        row.etag,
        row.number,
        moment_of(row.received_at),
        row.source,
        Proof(row.proof),
        row.etag_number,
        row.pointer,
        row.reason,
        row.firmware,
        row.report_number,
    )
