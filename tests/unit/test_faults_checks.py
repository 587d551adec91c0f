"""The checks of the endurance suite: each accepts a correct record, and reports each kind of violation."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from faults.checks import (
    Stored,
    Violations,
    acknowledged_are_stored,
    all_are_answered,
    all_are_done,
    announced_never_go_back,
    answered_within,
    bodies_are_as_stored,
    cut_in_time,
    every_subject_is_served,
    failures_are_honest,
    history_is_gapless,
    level,
    newest_are_announced,
    outage_is_reported,
    reads_are_not_stale,
    recovered_within,
    reports_are_kept,
    revision_counts_the_changes,
    states_are_counted,
    stored_were_asked_for_once,
)
from faults.record import Operation

A, B = "02:00:00:00:00:0a", "02:00:00:00:00:0b"


def _fetch(etag: str, begun: float = 0.0, ended: float | None = None, status: int = 200) -> Operation:
    return Operation(
        "fetch", A, begun, begun + 1 if ended is None else ended, status, {"etag": etag, "digest": etag}
    )


def _write(etag: str, revision: int, begun: float = 0.0, subject: str = A) -> Operation:
    facts = {"wrote": etag, "etag": etag, "revision": revision}
    return Operation("write", subject, begun, begun + 1, 200, facts)


def _report(number: int, *, is_kept: bool = True) -> Operation:
    return Operation("report", A, 0, 1, 204 if is_kept else 503, {"number": number, "is_kept": is_kept})


def _failed(etag: str, status: int | None, **facts: object) -> Operation:
    ended = None if status is None else 1.0
    return Operation("write", A, 0.0, ended, status, {"wrote": etag, **facts})


def _received(revision: int, at: float = 0.0, subject: str = A) -> Operation:
    return Operation("received", subject, at, at, 200, {"revision": revision})


def _slow(seconds: float | None) -> Operation:
    return Operation("slow", "headers", 5.0, None if seconds is None else 5.0 + seconds, 408)


def _health(status: int, begun: float = 2.0) -> Operation:
    return Operation("health", "/api/health", begun, begun + 0.5, status)


HISTORY = [Stored(A, 1, "a1"), Stored(A, 2, "a2"), Stored(A, 3, "a3")]
GIVEN = HISTORY[:1]
WRITES = [_write("a2", 2, 1.0), _write("a3", 3, 3.0)]

Check = Callable[[], Violations]


@pytest.mark.parametrize(
    "check",
    [
        pytest.param(lambda: bodies_are_as_stored([_fetch("a1")], {A: "a1"}), id="bodies"),
        pytest.param(lambda: bodies_are_as_stored([_fetch("x", status=503)], {A: "a1"}), id="bodies-of-refusals"),
        pytest.param(lambda: failures_are_honest([_failed("x", 503, retry_after="2")]), id="503"),
        pytest.param(lambda: failures_are_honest([_failed("x", 507), _failed("x", 409)]), id="507"),
        pytest.param(lambda: failures_are_honest([_failed("x", 0), _failed("x", None)]), id="no-answer"),
        pytest.param(lambda: all_are_answered([_failed("x", 503)]), id="answered"),
        pytest.param(lambda: all_are_done(WRITES), id="done"),
        pytest.param(lambda: every_subject_is_served([_fetch("x", status=503), _fetch("a1")], [A]), id="served"),
        pytest.param(lambda: revision_counts_the_changes(WRITES, 3), id="counts"),
        pytest.param(lambda: revision_counts_the_changes([*WRITES, _failed("x", 0)], 4), id="counts-doubt"),
        pytest.param(lambda: history_is_gapless([*reversed(HISTORY), Stored(B, 1, "b1")]), id="gapless"),
        pytest.param(lambda: acknowledged_are_stored([*WRITES, _failed("x", 503)], HISTORY), id="stored"),
        pytest.param(lambda: stored_were_asked_for_once(WRITES, HISTORY, GIVEN), id="asked"),
        pytest.param(
            lambda: stored_were_asked_for_once([WRITES[0], _failed("a3", 503)], HISTORY, GIVEN), id="asked-doubt"
        ),
        pytest.param(lambda: announced_never_go_back([_received(1), _received(3), _received(3), _received(1, subject=B)]), id="received"),
        pytest.param(lambda: newest_are_announced([_received(2), _received(3)], {A: 3}), id="newest"),
        pytest.param(lambda: reads_are_not_stale([*WRITES, _fetch("a3", 5.0)], HISTORY), id="fresh"),
        pytest.param(lambda: reads_are_not_stale([*WRITES, _fetch("a2", 3.5)], HISTORY), id="fresh-meanwhile"),
        pytest.param(lambda: reports_are_kept([_report(1), _report(2, is_kept=False)], {A: 1}), id="reports"),
        pytest.param(lambda: reports_are_kept([_report(1), _report(2, is_kept=False)], {A: 2}), id="reports-doubt"),
        pytest.param(lambda: answered_within(WRITES, 1.0), id="within"),
        pytest.param(lambda: states_are_counted({A: "never", B: "never"}, {"never": 2, "pending": 0, "overdue": 1}), id="counted"),
        pytest.param(lambda: outage_is_reported([_health(200, 0.0), _health(503), _health(200, 6.0)], 1.0, 5.0), id="reported"),
        pytest.param(lambda: cut_in_time([_slow(10.0), _slow(12.0)], {"headers": 10.0}, 3.0), id="cut"),
        pytest.param(lambda: level({"relay": (70.0, 80.0)}, 1.1, 5.0), id="level"),
        pytest.param(lambda: recovered_within([_failed("x", 503), *WRITES], [0.0], [], 5.0), id="recovered"),
        pytest.param(
            lambda: recovered_within([Operation("write", A, 9.0, 11.0, 503)], [0.0], [10.0], 5.0),
            id="recovered-then-broken",
        ),
    ],
)  # fmt: skip
def test_correct_records_are_accepted(check: Check) -> None:
    """None of these records has a violation."""
    assert [] == check()


@pytest.mark.parametrize(
    "check",
    [
        pytest.param(lambda: bodies_are_as_stored([_fetch("x")], {A: "a1"}), id="another-body"),
        pytest.param(lambda: bodies_are_as_stored([_fetch("x")], {}), id="body-of-nothing"),
        pytest.param(lambda: failures_are_honest([_failed("x", 500)]), id="500"),
        pytest.param(lambda: failures_are_honest([_failed("x", 502, retry_after="2")]), id="502"),
        pytest.param(lambda: failures_are_honest([_failed("x", 503)]), id="503-without-retry-after"),
        pytest.param(lambda: failures_are_honest([_failed("x", 503, retry_after="soon")]), id="503-soon"),
        pytest.param(lambda: all_are_answered([_failed("x", 0, error="reset")]), id="reset"),
        pytest.param(lambda: all_are_answered([_failed("x", None)]), id="never-ended"),
        pytest.param(lambda: all_are_done([_failed("x", 503)]), id="not-done"),
        pytest.param(lambda: all_are_done([_failed("x", None)]), id="not-ended"),
        pytest.param(lambda: every_subject_is_served([_fetch("a1")], [A, B]), id="one-left-out"),
        pytest.param(lambda: every_subject_is_served([_fetch("x", status=503)], [A]), id="only-503"),
        pytest.param(lambda: revision_counts_the_changes(WRITES, 2), id="lost-change"),
        pytest.param(lambda: states_are_counted({A: "never"}, {"never": 2, "pending": 0}), id="counted-twice"),
        pytest.param(lambda: states_are_counted({A: "never"}, {"never": 0, "pending": 0}), id="not-counted"),
        pytest.param(lambda: revision_counts_the_changes(WRITES, 4), id="change-twice"),
        pytest.param(lambda: revision_counts_the_changes([*WRITES, _failed("x", 412)], 4), id="refused-counts"),
        pytest.param(lambda: history_is_gapless([HISTORY[0], HISTORY[2]]), id="gap"),
        pytest.param(lambda: history_is_gapless([*HISTORY, HISTORY[2]]), id="twice"),
        pytest.param(lambda: history_is_gapless(HISTORY[1:]), id="first-missing"),
        pytest.param(lambda: acknowledged_are_stored(WRITES, HISTORY[:2]), id="lost"),
        pytest.param(lambda: acknowledged_are_stored([_write("a3", 2)], HISTORY), id="other-revision"),
        pytest.param(
            lambda: acknowledged_are_stored(
                [Operation("write", A, 0, 1, 200, {"wrote": "a3", "etag": "a2", "revision": 2})], HISTORY
            ),
            id="answered-with-anothers",
        ),
        pytest.param(lambda: stored_were_asked_for_once(WRITES[:1], HISTORY, GIVEN), id="never-written"),
        pytest.param(
            lambda: stored_were_asked_for_once([WRITES[0], _failed("a3", 507)], HISTORY, GIVEN), id="refused-and-stored"
        ),
        pytest.param(
            lambda: stored_were_asked_for_once(WRITES, [*HISTORY, Stored(A, 4, "a3")], GIVEN), id="stored-twice"
        ),
        pytest.param(lambda: reports_are_kept([_report(1), _report(2)], {A: 1}), id="report-lost"),
        pytest.param(lambda: reports_are_kept([_report(1)], {}), id="reports-lost"),
        pytest.param(lambda: reports_are_kept([_report(1)], {A: 2}), id="report-of-nobody"),
        pytest.param(lambda: announced_never_go_back([_received(3), _received(2)]), id="back"),
        pytest.param(lambda: announced_never_go_back([_received(3), _received(2), _received(3)]), id="back-and-forth"),
        pytest.param(lambda: newest_are_announced([_received(2)], {A: 3}), id="newest-missing"),
        pytest.param(lambda: newest_are_announced([], {A: 1}), id="nothing-received"),
        pytest.param(lambda: newest_are_announced([_received(3, at=61.0)], {A: 3}, until=60.0), id="too-late"),
        pytest.param(lambda: newest_are_announced([_received(4)], {A: 3}), id="of-the-future"),
        pytest.param(lambda: reads_are_not_stale([*WRITES, _fetch("a2", 5.0)], HISTORY), id="stale"),
        pytest.param(
            lambda: reads_are_not_stale([_fetch("a3", 0.0, 1.0), _fetch("a2", 2.0)], HISTORY), id="stale-after-a-read"
        ),
        pytest.param(lambda: reads_are_not_stale([_fetch("zz")], HISTORY), id="no-revision"),
        pytest.param(lambda: answered_within(WRITES[:1], 0.9), id="late"),
        pytest.param(lambda: answered_within([_failed("x", None)], 60.0), id="for-ever"),
        pytest.param(lambda: outage_is_reported([_health(503), _health(200)], 1.0, 5.0), id="healthy-in-an-outage"),
        pytest.param(lambda: outage_is_reported([_health(200, 6.0)], 1.0, 5.0), id="no-health-check"),
        pytest.param(lambda: cut_in_time([_slow(None)], {"headers": 10.0}, 3.0), id="never-cut"),
        pytest.param(lambda: cut_in_time([_slow(14.0)], {"headers": 10.0}, 3.0), id="cut-late"),
        pytest.param(lambda: cut_in_time([_slow(6.0)], {"headers": 10.0}, 3.0), id="cut-early"),
        pytest.param(lambda: level({"web": (40.0, 40.0), "relay": (70.0, 90.0)}, 1.1, 5.0), id="grows"),
        pytest.param(
            lambda: recovered_within([Operation("write", A, 6.0, 7.0, 503)], [0.0], [], 5.0), id="still-failing"
        ),
        pytest.param(
            lambda: recovered_within([Operation("write", A, 6.0, 7.0, 0)], [0.0], [10.0], 5.0),
            id="still-failing-before-the-next-break",
        ),
    ],
)  # fmt: skip
def test_violations_are_reported(check: Check) -> None:
    """Each of these records has one violation."""
    assert 1 == len(check())
