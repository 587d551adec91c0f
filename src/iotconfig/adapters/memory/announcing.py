"""Pending notifications: written with their change, removed by generation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import evolve, frozen

from iotconfig.domain.announcing.announcement import Announcement, Subject
from iotconfig.domain.announcing.notifications import (
    AT_ONCE,
    MOST_COUNTED,
    Backlog,
    Notification,
    next_generation,
)

from .state import Committed, State


@frozen
class MemoryNotificationOutbox:
    """`NotificationOutbox` over one state."""

    _state: State

    def enqueue(self, announcement: Announcement, now: datetime, due_at: datetime | None = None) -> None:
        since, due = due_at or now, due_at or AT_ONCE
        earlier = self._state.notifications.get(announcement.subject)
        waiting = earlier if earlier is not None and not earlier.parked else None
        self._state.notifications[announcement.subject] = Notification(
            announcement=announcement.superseding(earlier.announcement if earlier else None),
            generation=next_generation(now, earlier.generation if earlier else None),
            since=min(since, waiting.since) if waiting else since,
            due_at=min(due, waiting.due_at) if waiting else due,
        )


@frozen
class MemoryNotificationQueue:
    """`NotificationQueue` of a memory store."""

    _committed: Committed

    def due(self, now: datetime, limit: int) -> Sequence[Notification]:
        return [n for n in self._waiting() if n.due_at <= now][:limit]

    def next_due(self) -> datetime | None:
        return next((n.due_at for n in self._waiting()), None)

    def acknowledge(self, delivered: Sequence[Notification], refused: Sequence[Notification]) -> None:
        with self._committed.transaction() as state:
            for notification in delivered:
                if _is_current(state, notification):
                    del state.notifications[notification.announcement.subject]
            for notification in refused:
                if _is_current(state, notification):
                    state.notifications[notification.announcement.subject] = notification

    def backlog(self, limit: int = MOST_COUNTED) -> Backlog:
        everything = self._committed.state.notifications.values()
        waiting = [n.since for n in everything if not n.parked]
        parked = len(everything) - len(waiting)
        return Backlog(
            min(len(waiting), limit),
            min(parked, limit),
            min(waiting, default=None),
            more=max(len(waiting), parked) > limit,
        )

    def find(self, limit: int) -> Sequence[Notification]:
        everything = self._committed.state.notifications.values()
        parked = sorted((n for n in everything if n.parked), key=_by_due)
        return [*parked, *self._waiting()][:limit]

    def retry_parked(self, now: datetime) -> int:
        with self._committed.transaction() as state:
            parked = [n for n in state.notifications.values() if n.parked]
            for n in parked:
                state.notifications[n.announcement.subject] = evolve(
                    n, parked=False, refusals=0, due_at=AT_ONCE, since=now
                )
            return len(parked)

    def _waiting(self) -> list[Notification]:
        everything = self._committed.state.notifications.values()
        return sorted((n for n in everything if not n.parked), key=_by_due)


def _by_due(notification: Notification) -> tuple[datetime, datetime, Subject]:
    return notification.due_at, notification.since, notification.announcement.subject


def _is_current(state: State, notification: Notification) -> bool:
    current = state.notifications.get(notification.announcement.subject)
    return current is not None and current.generation == notification.generation
