"""Figures from a record: percentiles and recovery times."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .record import Operation


def percentile(samples: Iterable[float], share: float) -> float:
    """The percentile of the samples at `share` (0 to 1); 0 without samples."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def times(record: Sequence[Operation]) -> str:
    """p50, p99 and the maximum of the answered operations."""
    seconds = [one.seconds for one in record if one.ended is not None]
    shares = " ".join(f"p{share * 100:.0f} {_spelt(percentile(seconds, share))}" for share in (0.5, 0.99))
    return f"{shares} max {_spelt(max(seconds, default=0.0))}"


def last_failure(record: Iterable[Operation], since: float, until: float) -> float:
    """Seconds from `since` to the begin of the last operation that failed before `until`."""
    failed = [
        one.begun
        for one in record
        if since <= one.begun < until and not one.is_done and one.ended is not None and one.ended < until
    ]
    return max(failed, default=since) - since


def first_success(record: Iterable[Operation], since: float) -> float:
    """Seconds from `since` to the first acknowledgement of an operation that began after it."""
    done = [one.ended for one in record if one.begun >= since and one.is_done and one.ended is not None]
    return min(done, default=float("inf")) - since


def _spelt(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
