"""The states of devices as SQL works them out from evidence and documents, beside those that are stored."""

from __future__ import annotations

from typing import Final

from iotconfig.domain.devices.silence import GRACE
from iotconfig.domain.devices.state import State

from .evidence_rows import MICROSECOND

_GIVEN: Final = {
    "postgresql": "json_each_text(CAST(:given AS json)) AS given(mac_address, cause)",
    "sqlite": "(SELECT key AS mac_address, value AS cause FROM json_each(:given)) AS given",
}
_NEWEST: Final = {"postgresql": "greatest", "sqlite": "max"}
_DIFFERS: Final = {"postgresql": "IS DISTINCT FROM", "sqlite": "IS NOT"}
_KINDS: Final = ("fetched", "holds", "applied", "rejected")


def _order(kind: str) -> str:
    return f"{kind}.number, {kind}.received_at"


_RUNS_APPLIED: Final = (
    f"applied.etag IS NOT NULL AND (holds.etag IS NULL OR ({_order('applied')}) >= ({_order('holds')}))"
)
_RUNNING: Final = f"CASE WHEN {_RUNS_APPLIED} THEN applied.etag ELSE holds.etag END"


def _names_current(kind: str) -> str:
    return f"{kind}.etag = documents.etag AND {kind}.number = documents.number"


_STATE: Final = (
    "CASE WHEN documents.etag IS NULL THEN NULL"
    f" WHEN {' AND '.join(f'{kind}.etag IS NULL' for kind in _KINDS)} THEN '{State.NEVER}'"
    f" WHEN {_names_current('rejected')} AND (applied.etag IS NULL OR applied.etag <> documents.etag"
    f" OR ({_order('applied')}) <= ({_order('rejected')})) THEN '{State.REJECTED}'"
    f" WHEN {_RUNNING} = documents.etag THEN '{State.IN_SYNC}'"
    f" WHEN {_names_current('applied')} THEN '{State.DRIFTED}'"
    f" WHEN {_names_current('fetched')} AND (holds.etag IS NULL OR ({_order('fetched')}) >= ({_order('holds')}))"
    f" AND (applied.etag IS NULL OR ({_order('fetched')}) >= ({_order('applied')})) THEN '{State.DELIVERED}'"
    f" ELSE '{State.PENDING}' END"
)
"""`state_of`, in SQL. A property test compares the two."""
_FIRMWARE: Final = (
    "CASE WHEN documents.etag IS NULL THEN NULL WHEN applied.firmware IS NOT NULL AND (rejected.firmware IS NULL"
    f" OR ({_order('applied')}) >= ({_order('rejected')})) THEN applied.firmware ELSE rejected.firmware END"
)
_EVIDENCE: Final = {
    # The limit makes PostgreSQL search for each device. With outdated statistics, it compared all evidence with all devices.
    "postgresql": "LEFT JOIN LATERAL (SELECT * FROM device_evidence AS shown"
    " WHERE shown.mac_address = given.mac_address AND shown.kind = '{kind}' LIMIT 1) AS {kind} ON true",
    "sqlite": "LEFT JOIN device_evidence AS {kind} ON {kind}.mac_address = given.mac_address AND {kind}.kind = '{kind}'",
}
_EXPECTED: Final = {
    # The longest interval of its tags. No tag contains a space.
    "postgresql": "(SELECT max(CAST(value AS bigint)) FROM json_each_text(CAST(:intervals AS json))"
    " WHERE strpos(' ' || {tags} || ' ', ' ' || key || ' ') > 0)",
    "sqlite": "(SELECT max(value) FROM json_each(:intervals)"
    " WHERE instr(' ' || {tags} || ' ', ' ' || key || ' ') > 0)",
}
_NOT_EXPECTED: Final = {"postgresql": "CAST(NULL AS bigint)", "sqlite": "NULL"}


def _judged(dialect: str, *, with_intervals: bool) -> str:
    """Each given device with its state, and with what is stored."""
    seen = ", ".join(f"coalesce({kind}.received_at, 0)" for kind in _KINDS)
    evidence = " ".join(_EVIDENCE[dialect].format(kind=kind) for kind in _KINDS)
    tags = "CASE WHEN documents.etag IS NULL THEN '' ELSE coalesce(config_labels.tags, '') END"
    expected = (
        _EXPECTED[dialect].format(tags="config_labels.tags") if with_intervals else _NOT_EXPECTED[dialect]
    )
    return (
        f"SELECT given.mac_address, given.cause, {_STATE} AS state, {_FIRMWARE} AS firmware,"  # noqa: S608 - names of ours
        f" {_NEWEST[dialect]}({seen}) AS seen, documents.number, {tags} AS tags, {expected} AS expected,"
        " stored.mac_address IS NOT NULL AS is_stored, stored.state AS stored_state, stored.overdue AS stored_overdue,"
        " stored.overdue_at AS stored_overdue_at, stored.firmware AS stored_firmware, stored.tags AS stored_tags"
        f" FROM {_GIVEN[dialect]}"
        " LEFT JOIN documents ON documents.mac_address = given.mac_address"
        " LEFT JOIN configs ON configs.mac_address = given.mac_address"
        " LEFT JOIN config_labels ON config_labels.config_id = configs.id"
        f" LEFT JOIN device_states AS stored ON stored.mac_address = given.mac_address {evidence}"
    )


_IS_CLOSE: Final = (
    "CASE WHEN overdue_at IS NULL OR stored_overdue_at IS NULL THEN overdue_at IS NULL AND stored_overdue_at IS NULL"
    " WHEN overdue_at = stored_overdue_at THEN true"
    " ELSE stored_overdue_at > :now AND stored_overdue_at < overdue_at AND overdue_at - stored_overdue_at < expected / 4 END"
)
"""Whether a stored `overdue_at` is good enough: it moves by a quarter of the interval at least, and is never too late.

One that has passed is brought up to date, or the device would be looked at again and again.
"""


def differing(dialect: str, *, with_intervals: bool) -> str:
    """A query of the given devices whose state is to be stored, with what is stored so far.

    Its parameters are `given`, a JSON object that has for each MAC address the kind of evidence that was written, null
    where its document may have changed; `now`, in microseconds; and `intervals`, if there are some: a JSON object of
    microseconds by tag. `change_number` is null where the state is the same as before, or the first one is `never`.
    """
    differs = _DIFFERS[dialect]
    return (
        # Written down, or each use of the state would work it out.
        f"WITH judged AS MATERIALIZED ({_judged(dialect, with_intervals=with_intervals)}),"  # noqa: S608 - names of ours
        " due AS (SELECT judged.*, CASE WHEN state IS NOT NULL AND seen > 0"
        f" THEN seen + 2 * expected + {GRACE // MICROSECOND} END AS overdue_at FROM judged),"
        " timed AS (SELECT due.*, coalesce(overdue_at <= :now, false) AS overdue FROM due)"
        " SELECT mac_address, cause, state, overdue, overdue_at, firmware, tags, number,"
        " stored_state, stored_overdue, stored_tags,"
        f" CASE WHEN state {differs} stored_state AND (is_stored OR state <> '{State.NEVER}')"
        " THEN (SELECT coalesce(max(past.change_number), 0) + 1 FROM device_state_changes AS past"
        " WHERE past.mac_address = timed.mac_address) END AS change_number"
        f" FROM timed WHERE (NOT is_stored OR state {differs} stored_state OR firmware {differs} stored_firmware"
        f" OR tags <> stored_tags OR overdue <> stored_overdue OR NOT {_IS_CLOSE})"
        # What is known to the change log was a device, also where it was created and deleted since the last look.
        " AND (state IS NOT NULL OR is_stored OR cause IS NULL)"
    )
