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
    """Writes pending notifications inside a unit of work, so that a change and its notification commit together."""

    def enqueue(self, announcement: Announcement, now: datetime, due_at: datetime | None = None) -> None:
        """Store `announcement` as the pending notification of its subject, due at once or at `due_at`.

        A pending one is replaced: merged by `Announcement.superseding`, with a new
        generation, due at the earlier of both times, without refusals, and not
        parked. If the subject is a device, the unit of work has locked its counter.
        """
        ...


class NotificationQueue(Protocol):
    """The pending notifications, for the relay and for the operator. All methods may raise `StoreUnavailable`."""

    def due(self, now: datetime, limit: int) -> Sequence[Notification]:
        """Return up to `limit` notifications that are due and not parked, ordered by `due_at`, then by `since`."""
        ...

    def next_due(self) -> datetime | None:
        """Return the time at which the next one that is not parked becomes due, or None."""
        ...

    def acknowledge(self, delivered: Sequence[Notification], refused: Sequence[Notification]) -> None:
        """Remove those that were delivered, and store the refused ones as given here.

        Each only where its generation is still the pending one's: a subject that was
        announced again meanwhile stays pending, and is published again.
        """
        ...

    def backlog(self, limit: int = MOST_COUNTED) -> Backlog:
        """Return the size and age of the queue; pending and parked ones are counted up to `limit` each."""
        ...

    def find(self, limit: int) -> Sequence[Notification]:
        """Return up to `limit` notifications: the parked ones first, then the others, in the order of `due`."""
        ...

    def retry_parked(self, now: datetime) -> int:
        """Make all parked ones pending and due at once, with `since` set to `now`. Returns their number."""
        ...


@frozen
class Receipt:
    """The broker's answer to one announcement."""

    hint_accepted: bool
    """The broker accepted the hint, or there was none."""
    state_accepted: bool
    """The broker accepted the state, or there was none."""
    error: str | None = None
    """The reason for a refusal."""
    connection_closed: bool = False
    """The broker closed the connection without an answer while this announcement alone was in flight."""
    is_final: bool = False
    """The broker's configuration excludes the message, so a retry is pointless. The publisher has logged it."""
    is_for_now: bool = False
    """The broker accepts no message at the moment, for example because a quota is used up."""


class Publisher(Protocol):
    """Publishes announcements to a broker. Used by one thread."""

    def connect(self) -> None:
        """Connect in bounded time, unless connected already.

        Connecting ends the session of every other relay, including one that has
        not noticed the loss of its lease. Raises `BrokerUnavailable`.
        """
        ...

    def publish(self, announcements: Sequence[Announcement]) -> Sequence[Receipt | None]:
        """Publish all, and return the broker's answers in the same order once all have arrived.

        None means no answer: the connection was lost, or the broker took too long.
        Such an announcement may or may not have been delivered.
        """
        ...

    def disconnect(self) -> None:
        """Close the connection, if there is one. Unanswered messages are not sent later."""
        ...


class BrokerWatch(Protocol):
    """The state of a publisher's connection. Used by the publisher's thread while its relay holds the lease."""

    def lost(self) -> str | None:
        """Return, once, why the broker ended the connection if it would end the next one, too; else None.

        A connection that just broke has no reason: the relay reconnects at once.
        """
        ...

    def tend(self) -> None:
        """Do maintenance work on the connection, after the due notifications were published.

        Raises `BrokerUnavailable` where the broker ends the connection over it.
        """
        ...

    def problems(self) -> Sequence[RelayProblem]:
        """Return the current problems with the broker, or with its other clients."""
        ...


class AnnouncementObserver(Protocol):
    """Is told what the relay has announced. Raises nothing."""

    def announced(self, announcements: Sequence[Announcement]) -> None:
        """Note what the broker has accepted, hint and state. It costs the relay no time worth mentioning."""
        ...

    def tend(self) -> None:
        """Do what is due. The relay calls it after each step, at least every few seconds."""
        ...

    def flush(self) -> None:
        """Store what is left: the relay ends."""
        ...
