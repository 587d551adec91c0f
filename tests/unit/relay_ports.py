"""Scripted stand-ins for the relay's ports: a broker, a lease and a clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from attrs import Factory, define

from iotconfig.domain.announcing.announcement import Announcement
from iotconfig.domain.announcing.ports import Receipt
from iotconfig.domain.announcing.relay_reports import RelayProblem
from iotconfig.domain.errors import BrokerUnavailable

ACCEPTED = Receipt(hint_accepted=True, state_accepted=True)


@define
class ManualClock:
    """A clock that a test advances."""

    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@define
class ScriptedPublisher:
    """A publisher that returns `receipts` by the subject's key, and an acceptance for all other subjects."""

    receipts: dict[str, Receipt | None] = Factory(dict)
    away: str | None = None
    published: list[Announcement] = Factory(list)
    connections: int = 0
    connected: bool = False
    during_publish: list[object] = Factory(list)

    def connect(self) -> None:
        if self.away is not None:
            raise BrokerUnavailable(self.away)
        if not self.connected:
            self.connections += 1
            self.connected = True

    def publish(self, announcements: Sequence[Announcement]) -> Sequence[Receipt | None]:
        assert self.connected
        self.published += announcements
        for action in self.during_publish:
            assert callable(action)
            action()
        return [self.receipts.get(announcement.subject.key, ACCEPTED) for announcement in announcements]

    def disconnect(self) -> None:
        self.connected = False


@define
class ScriptedWatch:
    """A connection that is lost with `reason`."""

    reason: str | None = None
    found: tuple[RelayProblem, ...] = ()
    tended: int = 0

    def lost(self) -> str | None:
        reason, self.reason = self.reason, None
        return reason

    def tend(self) -> None:
        self.tended += 1

    def problems(self) -> tuple[RelayProblem, ...]:
        return self.found


@define
class SwitchedLease:
    """A lease that is granted while it is switched on."""

    available: bool = True
    released: bool = False

    def hold(self) -> bool:
        return self.available

    def release(self) -> None:
        self.released = True
