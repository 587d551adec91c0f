"""Announcements of configs."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from iotconfig.domain.announcing.announcement import AnnouncedDocument, Announcement, Kind, Subject
from iotconfig.domain.mac import MacAddress

from .config import Config


@frozen
class Reannounced:
    """What was announced again."""

    configs: int
    """The number of configs."""
    missing: tuple[MacAddress, ...] = ()
    """The devices that have no config, in the order in which they were given."""


def announce_config(config: Config, document_number: int, *, restart_hint: bool = True) -> Announcement:
    """The announcement of a config as it is now, served as the document with this number."""
    state = AnnouncedDocument(document_number, config.document_etag, config.updated_at)
    return Announcement(_device_subject(config.mac_address), restart_hint, state)


def announce_deletion(mac_address: MacAddress, document_number: int, at: datetime) -> Announcement:
    """The announcement that a device has no config: it clears the retained message without a hint.

    A device would restart for what is often a mistake that is soon corrected.
    """
    return Announcement(
        _device_subject(mac_address), restart_hint=False, state=AnnouncedDocument(document_number, None, at)
    )


def _device_subject(mac_address: MacAddress) -> Subject:
    return Subject(Kind.CONFIG, str(mac_address))
