"""Builders of pending notifications."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from attrs import evolve

from iotconfig.domain.announcing.announcement import AnnouncedDocument, Announcement, Kind, Subject
from iotconfig.domain.announcing.notifications import Notification
from iotconfig.domain.announcing.ports import NotificationQueue
from iotconfig.domain.configs.store import Store
from iotconfig.domain.mac import MacAddress

from .builders import mac
from .clocks import START

EVERYTHING = 10_000


def at(seconds: float) -> datetime:
    """Return the time this many seconds after the start."""
    return START + timedelta(seconds=seconds)


def subject(number: int) -> Subject:
    """The device `mac(number)`."""
    return Subject(Kind.CONFIG, str(mac(number)))


def change(number: int, revision: int = 1, *, restart_hint: bool = True) -> Announcement:
    """The announcement of an existing config."""
    state = AnnouncedDocument(revision, f'"etag-{revision}"', at(1))
    return Announcement(subject(number), restart_hint, state)


def deletion(number: int, revision: int = 1) -> Announcement:
    """The announcement of a deleted config."""
    return Announcement(subject(number), restart_hint=False, state=AnnouncedDocument(revision, None, at(1)))


def asset(name: str) -> Announcement:
    """The announcement of an asset, which has no retained message."""
    return Announcement(Subject(Kind.ASSET, name), restart_hint=True)


def enqueue(
    store: Store, announcement: Announcement, now: datetime = START, due_at: datetime | None = None
) -> None:
    """Announce in a transaction of its own, under the device's lock."""
    with store.writing() as work:
        if announcement.subject.kind is Kind.CONFIG:
            work.counters.lock(MacAddress.parse(announcement.subject.key))
        work.notifications.enqueue(announcement, now, due_at)


def only(queue: NotificationQueue) -> Notification:
    """The one notification that is pending or parked."""
    (found,) = queue.find(EVERYTHING)
    return found


def park(queue: NotificationQueue, number: int, error: str = "Not authorized") -> Notification:
    """Park the pending notification of `mac(number)`, as a relay does after repeated refusals."""
    pending = next(n for n in queue.find(EVERYTHING) if n.announcement.subject == subject(number))
    parked = evolve(pending, parked=True, refusals=5, last_error=error, due_at=at(60))
    queue.acknowledge([], [parked])
    return parked


def keys(notifications: Iterable[Notification]) -> list[str]:
    """Return the subjects of the notifications, in their order."""
    return [notification.announcement.subject.key for notification in notifications]
