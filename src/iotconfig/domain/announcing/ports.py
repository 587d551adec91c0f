"""The ports of announcing: outbox, queue and broker. The docstrings are the contracts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from attrs import frozen

from .announcement import Announcement
from .notifications import MOST_COUNTED, Backlog, Notification
from .relay_reports import RelayProblem


class NotificationOutbox(Protocol):
    """Writes pending notifications inside a unit of work, so that a change and its news are stored together."""

    def enqueue(self, announcement: Announcement, now: datetime, due_at: datetime | None = None) -> None:
        """Make `announcement` what is pending for its subject, due at once or at `due_at`.

        Where one is pending already, there is still one afterwards: as
        `Announcement.superseding` says, with another generation, due at the earlier of
        both times, its refusals forgotten, parked no longer. Where the subject
        is a device, that is locked by the same unit of work.
        """
        ...


class NotificationQueue(Protocol):
    """The pending notifications, as their relay and their operator see them."""

    def due(self, now: datetime, limit: int) -> Sequence[Notification]:
        """Up to `limit` that are due and not parked, ordered by `due_at`, then by `since`."""
        ...

    def next_due(self) -> datetime | None:
        """When the next that is not parked becomes due; None where there is none."""
        ...

    def acknowledge(self, delivered: Sequence[Notification], refused: Sequence[Notification]) -> None:
        """Remove those that were delivered, and store the refused ones as given here.

        Each only where its generation is still the pending one's: a subject that was
        announced again meanwhile stays pending, and is published again.
        """
        ...

    def backlog(self, limit: int = MOST_COUNTED) -> Backlog:
        """How much is pending; the pending and the parked are counted up to `limit` each."""
        ...

    def find(self, limit: int) -> Sequence[Notification]:
        """Up to `limit`: the parked ones first, then the others, in the order of `due`."""
        ...

    def retry_parked(self, now: datetime) -> int:
        """Make all parked ones due at once, waiting since `now`, and say how many they were."""
        ...


@frozen
class Receipt:
    """What a broker answered to one announcement."""

    nudge_accepted: bool
    """It took the nudge, or none was wanted."""
    state_accepted: bool
    """It took the state, or there was none."""
    error: str | None = None
    """Why it did not take one of them."""
    connection_closed: bool = False
    """It said nothing, and ended the connection while this announcement alone was on its way."""
    is_final: bool = False
    """It will never take it as it is configured, so trying again is of no use. The publisher has logged it."""
    is_for_now: bool = False
    """It takes nothing at the moment, whatever it is: a quota is used up, say."""


class Publisher(Protocol):
    """Tells announcements to whoever listens. Used by one thread."""

    def connect(self) -> None:
        """Be connected: at once where it is, in bounded time where it is not.

        Connecting ends the session of any other relay, even of one that does
        not know that it lost its lease. Raises `BrokerUnavailable`.
        """
        ...

    def publish(self, announcements: Sequence[Announcement]) -> Sequence[Receipt | None]:
        """Tell each, and return what the broker did with it, in their order, when it has answered all.

        None stands for no answer: the connection was lost, or the broker was
        silent for too long. The announcement may have been told, or not.
        """
        ...

    def disconnect(self) -> None:
        """Drop the connection, if there is one. What was not answered will not be sent later."""
        ...


class BrokerWatch(Protocol):
    """How a publisher's connection is doing. Used by the publisher's thread, while its relay holds the lease."""

    def lost(self) -> str | None:
        """Why the broker ended the connection, where it would end the next one, too; told once, else None.

        A connection that just broke has no reason: connecting again is due at once.
        """
        ...

    def tend(self) -> None:
        """Do what keeps a connection in good order, after what was due has been told.

        Raises `BrokerUnavailable` where the broker ends the connection on it.
        """
        ...

    def problems(self) -> Sequence[RelayProblem]:
        """What is wrong with the broker at the moment, or with who else is on it."""
        ...
