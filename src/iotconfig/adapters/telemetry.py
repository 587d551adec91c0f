"""The values that logs, metrics and health receive from the other adapters, below all of them."""

from __future__ import annotations

from typing import Final, Protocol

from attrs import define, frozen

UNMATCHED: Final = "unmatched"
"""The route of a request that matches none."""


@define
class Answered:
    """One HTTP answer. The fields that may become labels of metrics have few values."""

    method: str
    """An HTTP method, or OTHER."""
    route: str
    """The template of the route, or `UNMATCHED`; never the requested path."""
    status: int
    seconds: float
    """From the request's head to the answer's; a streamed body comes later."""
    request_id: str
    """Letters, digits, `.`, `_` and `-`."""
    code: str | None = None
    """The code of the problem, if the answer is one."""
    operation: str | None = None
    """The operation on configs, if the route has one; one of few."""
    mac_address: str | None = None
    """The device concerned, in the canonical spelling. Grows with the fleet: for logs, never for labels."""
    author: str | None = None
    """The caller, if the gate identified one. Grows with the number of people: for logs, never for labels."""
    is_polled: bool = False
    """Whether machines poll the route, such as health; the same for all answers of a route."""
    report: str | None = None
    """What became of a device's report in the request: `stored`, `outdated`, or the code of its refusal; None without one."""


REPORT_OUTCOMES: Final = ("stored", "outdated")
"""What becomes of a report that is not refused."""


def outcome_of_report(*, is_kept: bool) -> str:
    """`Answered.report` of a report that was not refused."""
    return REPORT_OUTCOMES[0 if is_kept else 1]


class Observer(Protocol):
    """Receives every answer of a process. It does not block and raises nothing."""

    def answered(self, answer: Answered) -> None:
        """Take note of an answer."""
        ...


@frozen
class PoolUse:
    """How many connections of a database pool are in use."""

    in_use: int
    """Lent at the moment."""
    idle: int
    """Open and not lent."""
    limit: int
    """The most that may be open."""
    waiting: int
    """Requests that wait for a connection."""


@frozen
class LogUse:
    """The write-ahead log beside a SQLite file."""

    bytes: int
    """Its size."""
    problem: str | None
    """The problem and its remedy, or None."""
