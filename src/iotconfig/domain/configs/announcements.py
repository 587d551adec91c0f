"""Announcements of configs."""

from __future__ import annotations

from datetime import datetime

from iotconfig.domain.announcing.announcement import Announcement, DeviceState, Kind, Subject

from .config import Config
from .counter import RevisionCounter


def announce_config(config: Config, *, nudge: bool = True) -> Announcement:
    """What there is to tell of a config as it is now."""
    state = DeviceState(config.revision, config.content.etag, config.updated_at)
    return Announcement(_device_subject(str(config.mac_address)), nudge, state)


def announce_deletion(device: RevisionCounter, revision: int, now: datetime) -> Announcement:
    """What there is to tell of a deletion: the retained message is cleared, and nobody is nudged.

    A device would restart for what is often a mistake that is soon corrected.
    """
    return Announcement(
        _device_subject(str(device.mac_address)), nudge=False, state=DeviceState(revision, None, now)
    )


def _device_subject(mac_address: str) -> Subject:
    return Subject(Kind.CONFIG, mac_address)
