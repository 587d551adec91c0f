"""Announcements: what a change asks the relay to send."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Self

from attrs import evolve, frozen


class Kind(StrEnum):
    """What a subject is."""

    CONFIG = "config"
    ASSET = "asset"


@frozen(order=True)
class Subject:
    """What a notification is about; the key of its row."""

    kind: Kind
    key: str
    """The MAC address in its canonical spelling, or the asset's name."""

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


@frozen
class DeviceState:
    """What the retained message of a device says. Never content."""

    revision: int
    etag: str | None
    """The content ETag; None where the config was deleted, and the retained message is to be cleared."""
    updated_at: datetime


@frozen
class Announcement:
    """What one change wants told."""

    subject: Subject
    nudge: bool
    """Tell whoever listens at the moment: devices restart on it."""
    state: DeviceState | None = None
    """Tell whoever will ever subscribe, too; None where nothing is retained."""

    def superseding(self, earlier: Self | None) -> Self:
        """The announcement, with what an earlier one that is still pending wanted, too.

        A nudge that nobody has seen yet stays wanted, unless its config is gone.
        """
        if earlier is None or self.nudge or self.is_deletion:
            return self
        return evolve(self, nudge=earlier.nudge)

    @property
    def is_deletion(self) -> bool:
        """Whether it says that there is nothing any more."""
        return self.state is not None and self.state.etag is None
