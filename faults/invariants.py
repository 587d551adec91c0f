"""Invariants that several loads share, each with several checks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from faults.checks import (
    Stored,
    acknowledged_are_stored,
    announced_never_go_back,
    history_is_gapless,
    newest_are_announced,
    reads_are_not_stale,
    stored_were_asked_for_once,
)
from faults.record import Operation
from faults.verdicts import Verdict, held


def stored_as_acknowledged(
    record: Sequence[Operation],
    history: Collection[Stored],
    given: Collection[Stored],
    invariant: str = "acknowledged = stored, each once, gapless, no read goes back",
) -> Verdict:
    """Compare the record of writes and reads with the histories at the end; `given`: revisions from before."""
    return held(
        invariant,
        acknowledged_are_stored(record, history),
        stored_were_asked_for_once(record, history, given),
        history_is_gapless(history),
        reads_are_not_stale(record, history),
    )


def announced_in_order(record: Collection[Operation], newest: Mapping[str, int]) -> Verdict:
    """Compare the messages that subscribers received with the last revision of each device."""
    return held(
        "announced revisions never decrease, and the newest arrive",
        announced_never_go_back(record),
        newest_are_announced(record, newest),
    )
