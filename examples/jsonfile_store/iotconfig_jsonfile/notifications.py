"""Pending notifications: one for each subject, written with their change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import evolve, frozen

from iotconfig.domain.announcing.announcement import Announcement
from iotconfig.domain.announcing.notifications import (
    AT_ONCE,
    MOST_COUNTED,
    Backlog,
    Notification,
    next_generation,
)

from .file import RecordsFile
from .records import Records


@frozen
class JsonFileNotificationOutbox:
    """`NotificationOutbox` over one block's records."""

    _records: Records

    def enqueue(self, announcement: Announcement, now: datetime, due_at: datetime | None = None) -> None:
        earlier = self._records.notifications.get(str(announcement.subject))
        new = Notification(
            announcement=announcement.superseding(earlier.announcement if earlier else None),
            generation=next_generation(now, earlier.generation if earlier else None),
            since=due_at or now,
            due_at=due_at or AT_ONCE,
        )
        if earlier is not None and not earlier.parked:
            new = evolve(new, since=min(new.since, earlier.since), due_at=min(new.due_at, earlier.due_at))
        self._records.notifications[str(announcement.subject)] = new


@frozen
class JsonFileNotificationQueue:
    """`NotificationQueue` of one file."""

    _file: RecordsFile

    def due(self, now: datetime, limit: int) -> Sequence[Notification]:
        return [n for n in self._all(parked=False) if n.due_at <= now][:limit]

    def next_due(self) -> datetime | None:
        return next((n.due_at for n in self._all(parked=False)), None)

    def acknowledge(self, delivered: Sequence[Notification], refused: Sequence[Notification]) -> None:
        with self._file.transaction() as records:
            pending = records.notifications
            for notification in delivered:
                if _is_pending(records, notification):
                    del pending[str(notification.announcement.subject)]
            for notification in refused:
                if _is_pending(records, notification):
                    pending[str(notification.announcement.subject)] = notification

    def backlog(self, limit: int = MOST_COUNTED) -> Backlog:
        waiting, parked = self._all(parked=False), self._all(parked=True)
        return Backlog(
            min(len(waiting), limit),
            min(len(parked), limit),
            min((n.since for n in waiting), default=None),
            more=max(len(waiting), len(parked)) > limit,
        )

    def find(self, limit: int) -> Sequence[Notification]:
        return [*self._all(parked=True), *self._all(parked=False)][:limit]

    def retry_parked(self, now: datetime) -> int:
        with self._file.transaction() as records:
            parked = [n for n in records.notifications.values() if n.parked]
            for n in parked:
                records.notifications[str(n.announcement.subject)] = evolve(
                    n, parked=False, refusals=0, due_at=AT_ONCE, since=now
                )
            return len(parked)

    def _all(self, *, parked: bool) -> list[Notification]:
        every = self._file.read().notifications.values()
        return sorted((n for n in every if n.parked is parked), key=lambda n: (n.due_at, n.since))


def _is_pending(records: Records, notification: Notification) -> bool:
    pending = records.notifications.get(str(notification.announcement.subject))
    return pending is not None and pending.generation == notification.generation
