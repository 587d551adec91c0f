"""Announcements: the messages that the relay sends for a change."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Self

from attrs import evolve, frozen


class Kind(StrEnum):
    """The kind of a subject."""

    CONFIG = "config"
    ASSET = "asset"
    LAYER = "layer"
    MODEL = "model"
    """Layers and models are in the change log only: devices are told of their documents."""
    SECRET = "secret"  # noqa: S105 - the word, and no password
    """In the change log only."""


@frozen(order=True)
class Subject:
    """The device or the asset that a notification is about, the key of its row; or the layer or model that changed."""

    kind: Kind
    key: str
    """The MAC address in its canonical spelling, or the name of the asset, the layer or the model."""

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


@frozen
class AnnouncedDocument:
    """The content of a device's retained message. Never a document."""

    document_number: int
    """The number of the device's document; after a deletion, of the end of the last one."""
    etag: str | None
    """The ETag of the document; None after a deletion, which clears the retained message."""
    updated_at: datetime


@frozen
class Announcement:
    """The messages for one change."""

    subject: Subject
    restart_hint: bool
    """Whether to send the message that is not retained, on which devices restart."""
    state: AnnouncedDocument | None = None
    """The retained message, which also reaches later subscribers; None where nothing is retained."""

    def superseding(self, earlier: Self | None) -> Self:
        """Return this announcement with the hint of an earlier one that is still pending.

        A deletion drops the hint.
        """
        if earlier is None or self.restart_hint or self.is_deletion:
            return self
        return evolve(self, restart_hint=earlier.restart_hint)

    @property
    def is_deletion(self) -> bool:
        """Whether it announces a deletion."""
        return self.state is not None and self.state.etag is None
