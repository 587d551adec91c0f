"""The result of a load: its invariants and its figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import field, frozen


@frozen
class Verdict:
    """One invariant, and its violations."""

    invariant: str
    violations: Sequence[str]
    is_timed: bool = False
    """Whether it is about speed: on a shared machine it is only printed."""

    @property
    def held(self) -> bool:
        return not self.violations


@frozen
class Outcome:
    """The result of one load."""

    operations: int
    verdicts: Sequence[Verdict]
    figures: Mapping[str, str] = field(factory=dict)


def held(invariant: str, *violations: Sequence[str]) -> Verdict:
    """The verdict on an invariant with one or several checks."""
    return Verdict(invariant, [one for found in violations for one in found])


def in_time(invariant: str, *violations: Sequence[str]) -> Verdict:
    """The verdict on an invariant about speed."""
    return Verdict(invariant, [one for found in violations for one in found], is_timed=True)


def at_most(value: float, limit: float, what: str) -> list[str]:
    """A violation if a figure is above its limit."""
    return [] if value <= limit else [f"{what} is {value:.2f}, above {limit:g}"]


def same_processes(before: Sequence[int], after: Sequence[int]) -> list[str]:
    """A violation for each process that started or ended."""
    return [f"process {pid} came or went" for pid in sorted(set(before) ^ set(after))]
