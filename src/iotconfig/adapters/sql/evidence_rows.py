"""Evidence as a row of SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from iotconfig.domain.devices.evidence import Evidence, Kind, Proof
from iotconfig.domain.mac import MacAddress

from .tables import device_evidence

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
EVIDENCE_COLUMNS: Final = tuple(column.name for column in device_evidence.columns)
"""In the order of the attributes of `Evidence`."""
_OPTIONAL: Final = ("etag_number", "pointer", "reason", "firmware", "report_number")
_KINDS: Final = {kind.value: kind for kind in Kind}
_PROOFS: Final = {proof.value: proof for proof in Proof}


def micros(moment: datetime) -> int:
    """A time as it is stored: in microseconds since 1970."""
    return (moment - EPOCH) // MICROSECOND


def moment_of(stored: int) -> datetime:
    """The time of `micros`."""
    return EPOCH + stored * MICROSECOND


def row_of(evidence: Evidence) -> Mapping[str, object]:
    """The columns of evidence that are not null."""
    row: dict[str, object] = {
        "mac_address": evidence.mac_address.canonical,
        "kind": evidence.kind,
        "etag": evidence.etag,
        "number": evidence.number,
        "received_at": micros(evidence.received_at),
        "source": evidence.source,
        "proof": evidence.proof,
    }
    # Left out: JSON of thousands of sightings would be half again as long.
    for name in _OPTIONAL:
        if (value := getattr(evidence, name)) is not None:
            row[name] = value
    return row


def evidence_of(values: Sequence[Any]) -> Evidence:
    """The evidence of a row's values, in the order of `EVIDENCE_COLUMNS`."""
    # By position: a page has thousands of them, and names took twice as long.
    (mac_address, kind, etag, number, received_at, source, proof, etag_number, *said) = values
    return Evidence(
        MacAddress(mac_address),
        _KINDS[kind],
        etag,
        number,
        moment_of(received_at),
        source,
        _PROOFS[proof],
        etag_number,
        *said,
    )
