"""Invariants of a record and of the database at the end: pure functions that return violations.

An empty list means that the invariant held. An operation that did not end, or
had no answer, or got 503, is in doubt: it may be stored or not.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from attrs import frozen

from .record import NO_ANSWER, Operation, of

Violations = list[str]


@frozen
class Stored:
    """One revision in the database's history."""

    subject: str
    """The MAC address."""
    revision: int
    etag: str


def bodies_are_as_stored(record: Iterable[Operation], digests: Mapping[str, str]) -> Violations:
    """Each body that a device got equals a stored content of the device, byte for byte."""
    return [
        f"{fetch.subject} got {fetch.facts['digest']}, stored is {digests.get(fetch.subject)}"
        for fetch in of(record, "fetch")
        if fetch.is_done and fetch.facts["digest"] != digests.get(fetch.subject)
    ]


def failures_are_honest(record: Iterable[Operation]) -> Violations:
    """No answer has a status above 499, except 503 with `Retry-After`, and 507."""
    return [
        f"{one.kind} of {one.subject} was answered {one.status}"
        f"{' without Retry-After' if one.status == 503 else ''}"
        for one in record
        if one.status is not None
        and one.status >= 500
        and one.status != 507
        and not (one.status == 503 and str(one.facts.get("retry_after", "")).isdigit())
    ]


def all_are_answered(record: Iterable[Operation]) -> Violations:
    """Each operation ended with an answer."""
    return [
        f"{one.kind} of {one.subject} got no answer: {one.facts.get('error', 'it did not end')}"
        for one in record
        if one.status in (None, NO_ANSWER)
    ]


def all_are_done(record: Iterable[Operation]) -> Violations:
    """Each operation succeeded."""
    return [
        f"{one.kind} of {one.subject}: {one.facts.get('error') or one.status}"
        for one in record
        if not one.is_done
    ]


def every_subject_is_served(record: Iterable[Operation], subjects: Iterable[str]) -> Violations:
    """Each of these subjects had at least one successful operation."""
    served = {one.subject for one in record if one.is_done}
    return [f"{subject} was never served" for subject in subjects if subject not in served]


def revision_counts_the_changes(record: Iterable[Operation], final: int) -> Violations:
    """The last revision of one device is 1 for its creation, plus 1 for each acknowledged change."""
    writes = of(record, "write")
    acknowledged = sum(write.is_done for write in writes)
    in_doubt = sum(not write.is_done and not write.is_refused for write in writes)
    if 1 + acknowledged <= final <= 1 + acknowledged + in_doubt:
        return []
    return [f"revision {final} after {acknowledged} acknowledged changes and {in_doubt} in doubt"]


def history_is_gapless(history: Iterable[Stored]) -> Violations:
    """The revisions of each device are 1, 2, 3 and so on, without gaps and duplicates."""
    revisions: dict[str, list[int]] = defaultdict(list)
    for stored in history:
        revisions[stored.subject].append(stored.revision)
    return [
        f"{subject} has {len(found)} revisions, of which the last is {max(found)}"
        for subject, found in revisions.items()
        if sorted(found) != list(range(1, len(found) + 1))
    ]


def acknowledged_are_stored(record: Iterable[Operation], history: Iterable[Stored]) -> Violations:
    """Each acknowledged write is in the history, with the revision and the ETag of its answer."""
    stored = set(history)
    return [
        f"{write.subject}: acknowledged revision {write.facts['revision']} is not stored"
        for write in of(record, "write")
        if write.is_done
        and (
            write.facts["etag"] != write.facts["wrote"]
            or Stored(write.subject, write.facts["revision"], write.facts["etag"]) not in stored
        )
    ]


def stored_were_asked_for_once(
    record: Iterable[Operation], history: Iterable[Stored], given: Iterable[Stored] = ()
) -> Violations:
    """Each stored revision that was not `given` was written, not refused, and is stored once.

    Each write has a unique content, so a second revision with the same ETag is a write that was done twice.
    """
    asked: dict[tuple[str, str], bool] = {}
    for write in of(record, "write"):
        asked[write.subject, write.facts["wrote"]] = write.is_refused
    known = set(given)
    times = Counter((one.subject, one.etag) for one in history if one not in known)
    found = []
    for (subject, etag), number in times.items():
        if (subject, etag) not in asked:
            found.append(f"{subject}: {etag} is stored, and no request wrote it")
        elif asked[subject, etag]:
            found.append(f"{subject}: {etag} is stored, and was refused")
        elif number > 1:
            found.append(f"{subject}: {etag} is stored {number} times")
    return found


def reports_are_kept(record: Iterable[Operation], stored: Mapping[str, int]) -> Violations:
    """The stored report of each device is the last acknowledged one, or a later one that was sent.

    stored: the number of the stored report, by device.
    """
    kept: dict[str, int] = {}
    sent: dict[str, int] = {}
    for report in of(record, "report"):
        number = report.facts["number"]
        sent[report.subject] = max(number, sent.get(report.subject, 0))
        if report.facts.get("is_kept"):
            kept[report.subject] = max(number, kept.get(report.subject, 0))
    return [
        f"{subject}: report {number} was acknowledged, and {stored.get(subject)} is stored"
        for subject, number in kept.items()
        if stored.get(subject, 0) < number
    ] + [
        f"{subject}: report {number} is stored, and was not sent"
        for subject, number in stored.items()
        if number > sent.get(subject, 0)
    ]


def announced_never_go_back(record: Iterable[Operation]) -> Violations:
    """No subscriber gets a message with an older revision of a device after a newer one."""
    newest: dict[str, int] = {}
    found = []
    for message in of(record, "received"):
        revision = message.facts["revision"]
        if revision < newest.get(message.subject, 0):
            found.append(f"{message.subject} got {revision} after {newest[message.subject]}")
        newest[message.subject] = max(revision, newest.get(message.subject, 0))
    return found


def newest_are_announced(
    record: Iterable[Operation], revisions: Mapping[str, int], until: float = float("inf")
) -> Violations:
    """A message with the newest revision of each device was received, before a given time."""
    announced: dict[str, int] = {}
    for message in of(record, "received"):
        if message.begun <= until:
            announced[message.subject] = message.facts["revision"]
    return [
        f"{subject} is at {revision}, and got {announced.get(subject)}"
        for subject, revision in revisions.items()
        if announced.get(subject) != revision
    ]


def reads_are_not_stale(record: Sequence[Operation], history: Iterable[Stored]) -> Violations:
    """A read that begins after a write was acknowledged, or was read, returns that write or a newer one."""
    revision_of = {(one.subject, one.etag): one.revision for one in history}
    seen: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for one in record:
        etag = str(one.facts.get("etag"))
        if one.is_done and one.ended is not None and (one.subject, etag) in revision_of:
            seen[one.subject].append((one.ended, revision_of[one.subject, etag]))
    found = []
    for fetch in of(record, "fetch"):
        if not fetch.is_done:
            continue
        got = revision_of.get((fetch.subject, fetch.facts["etag"]))
        floor = max((revision for ended, revision in seen[fetch.subject] if ended <= fetch.begun), default=0)
        if got is None:
            found.append(f"{fetch.subject}: {fetch.facts['etag']} was read, and is no revision")
        elif got < floor:
            found.append(f"{fetch.subject}: {got} was read after {floor} was known")
    return found


def answered_within(record: Iterable[Operation], seconds: float) -> Violations:
    """No operation took longer than the limit."""
    return [
        f"{one.kind} of {one.subject} took {one.seconds:.1f} s" for one in record if one.seconds > seconds
    ]


def outage_is_reported(health: Iterable[Operation], broken: float, healed: float) -> Violations:
    """While the database is unavailable, there are health checks, and each answers 503."""
    during = [one for one in health if broken <= one.begun and one.ended is not None and one.ended < healed]
    if not during:
        return ["no health check during the outage"]
    return [f"health was answered {one.status} during the outage" for one in during if one.status != 503]


def cut_in_time(record: Iterable[Operation], deadlines: Mapping[str, float], margin: float) -> Violations:
    """Each slow connection was closed: not before the deadline of its kind, and at most `margin` seconds after it."""
    found = []
    for one in of(record, "slow"):
        deadline = deadlines[one.subject]
        if one.ended is None:
            found.append(f"a slow client ({one.subject}) was never cut")
        elif not deadline - 0.1 <= one.seconds <= deadline + margin:
            found.append(
                f"a slow client ({one.subject}) was closed after {one.seconds:.1f} s, not {deadline:g}"
            )
    return found


def level(figures: Mapping[str, tuple[float, float]], factor: float, slack: float) -> Violations:
    """Constant figures: each second one is at most `factor` times the first, plus `slack`."""
    return [
        f"{name} went from {before:g} to {after:g}"
        for name, (before, after) in figures.items()
        if after > before * factor + slack
    ]


def recovered_within(
    record: Iterable[Operation], healed: Sequence[float], broken: Sequence[float], seconds: float
) -> Violations:
    """No operation failed that began `seconds` or more after a recovery, and before the next fault."""
    record = list(record)
    found = []
    for at in healed:
        until = min((moment for moment in broken if moment > at), default=float("inf"))
        late = [one for one in record if at + seconds < one.begun < until and not one.is_done]
        # What the next break met is its own.
        failed = [one for one in late if one.ended is not None and one.ended < until]
        found += [
            f"{one.kind} of {one.subject} failed {one.begun - at:.1f} s after the healing" for one in failed
        ]
    return found


def states_are_counted(states: Mapping[str, str], counts: Mapping[str, int]) -> Violations:
    """The counts of devices by state are those of the devices themselves, by MAC address."""
    tally = Counter(states.values())
    return [
        f"{count} devices are counted as {state}, and {tally[state]} are"
        for state, count in counts.items()
        if state != "overdue" and count != tally[state]
    ]
