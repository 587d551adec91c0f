"""Pending notifications: state, not a log.

Each subject (a device, or an uploaded asset) has at most one pending
notification, which says what is to be told now. Ten thousand edits of one device
while the broker is away leave one notification behind, the newest.

The database is the truth and a notification a hint; but the hint is written in
the transaction of its change, so no fault loses it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, Self

from attrs import evolve, frozen

from .assets import AssetName
from .config import Config, Device

AT_ONCE: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Due whatever the clock says: the clocks of who announces and who relays may differ."""


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

    def over(self, earlier: Self | None) -> Self:
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


@frozen
class Notification:
    """An announcement that is pending."""

    announcement: Announcement
    generation: int
    """Another at each announcement of the subject, and never the same twice: what was
    published is removed only where this is still the number it was read with."""
    since: datetime
    """When it was first due."""
    due_at: datetime
    """When it may be published (next); `AT_ONCE` unless it is paced, or was refused."""
    refusals: int = 0
    """How often in a row the broker refused it."""
    parked: bool = False
    """Refused too often: it waits for an operator, or for the subject's next change."""
    last_error: str | None = None
    """What the broker said at the last refusal."""


MOST_COUNTED: Final = 10_000
"""Notifications of a kind that are counted: each call would otherwise count all that a long outage left."""


@frozen
class Backlog:
    """How much is pending."""

    pending: int
    """Notifications that wait for a broker."""
    parked: int
    """Notifications that wait for an operator."""
    oldest: datetime | None
    """Since when the longest waiting of the pending ones is due; None without any."""
    more: bool = False
    """Whether there are more, of either, than were counted."""


@frozen
class RetryPolicy:
    """When to try a refused notification again. A broker that is away is no refusal."""

    limit: int = 5
    """Refusals in a row after which it is parked."""
    first: timedelta = timedelta(seconds=0.5)
    """The delay after the first refusal; it doubles with each."""
    longest: timedelta = timedelta(minutes=1)

    def delay(self, refusals: int, jitter: float) -> timedelta:
        """How long to wait after `refusals` in a row; `jitter`, 0 to 1, spreads it over half to all of that."""
        doubled: timedelta = self.first * 2 ** (refusals - 1)
        return min(doubled, self.longest) * (0.5 + jitter / 2)


def announce_config(config: Config, *, nudge: bool = True) -> Announcement:
    """What there is to tell of a config as it is now."""
    state = DeviceState(config.revision, config.content.etag, config.updated_at)
    return Announcement(_device_subject(str(config.mac_address)), nudge, state)


def announce_deletion(device: Device, revision: int, now: datetime) -> Announcement:
    """What there is to tell of a deletion: the retained message is cleared, and nobody is nudged.

    A device would restart for what is often a mistake that is soon corrected.
    """
    return Announcement(
        _device_subject(str(device.mac_address)), nudge=False, state=DeviceState(revision, None, now)
    )


def announce_asset(name: AssetName) -> Announcement:
    """What there is to tell of an upload: whoever listens is nudged, and nothing is retained."""
    return Announcement(Subject(Kind.ASSET, str(name)), nudge=True)


def next_generation(now: datetime, earlier: int | None) -> int:
    """A generation that a subject never had, not even in a row that is gone by now."""
    microseconds = int(now.timestamp() * 1_000_000)
    return microseconds if earlier is None else max(microseconds, earlier + 1)


def _device_subject(mac_address: str) -> Subject:
    return Subject(Kind.CONFIG, mac_address)
