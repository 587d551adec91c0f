"""Messages of devices over the broker, and what is kept of the last ones."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final

from attrs import field, frozen

from iotconfig.domain.mac import MacAddress

from .presence import Presence
from .reports import MAX_REPORT

MAX_KEPT: Final = MAX_REPORT + 1
"""Bytes that are kept of a payload: one more than the largest report, which shows that it is too large."""
MAX_LEVEL: Final = 64
"""Characters that are kept of the topic's level with the MAC address."""

SOURCE: Final = "mqtt"
"""The source of evidence from the broker, which does not tell a device's address."""

_DIGEST: Final = 32


class Topic(StrEnum):
    """The last level of the topic that a message came from."""

    REPORT = "report"
    """What the device says of a document."""
    ONLINE = "online"
    """Whether it is connected."""


class Outcome(StrEnum):
    """What became of a message."""

    STORED = "stored"
    REPEATED = "repeated"
    """A retained message that says what the last one from its topic said."""
    OUTDATED = "outdated"
    """A report with a lower number than the last one."""
    CLEARED = "cleared"
    """An empty message: the topic was cleared."""
    TOO_LARGE = "too_large"
    MALFORMED = "malformed"
    BAD_TOPIC = "bad_topic"
    """Its topic names no MAC address."""
    UNKNOWN_DEVICE = "unknown_device"
    """The MAC address has no document."""
    WITHOUT_PROOF = "without_proof"
    """The device has a token, and nothing shows that the message is its own."""

    @property
    def is_refusal(self) -> bool:
        """Whether the message was not accepted."""
        return self in _REFUSALS


_REFUSALS: Final = frozenset(
    {
        Outcome.TOO_LARGE,
        Outcome.MALFORMED,
        Outcome.BAD_TOPIC,
        Outcome.UNKNOWN_DEVICE,
        Outcome.WITHOUT_PROOF,
    }
)


@frozen
class Incoming:
    """A message as it arrived."""

    topic: Topic
    device: str
    """The level of the topic that names the device, of at most `MAX_LEVEL` characters."""
    payload: bytes
    """At most `MAX_KEPT` bytes."""
    is_retained: bool = False
    """Whether the broker sent it because of the subscription, and not because it was just published."""
    is_kept: bool = True
    """Whether the broker keeps it until it is acknowledged (QoS 1)."""
    arrived_at: float = field(default=0.0, eq=False)
    """By the monotonic clock, in seconds."""
    receipt: object = field(default=None, eq=False, repr=False)
    """What the subscription needs to acknowledge it."""


@frozen
class LastMessages:
    """What a device said last over the broker."""

    mac_address: MacAddress
    report: str | None = None
    """The digest of its last report; None where there was none, or its topic was cleared."""
    reported_at: datetime | None = None
    """When that arrived."""
    presence: Presence | None = None
    is_kept: bool = True
    """Whether the broker keeps its messages until they are acknowledged (QoS 1)."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known any more."""
        return self.report is None and self.presence is None

    def repeats(self, other: LastMessages | None, since: datetime) -> bool:
        """Whether it says what `other` says, and `other` has times that are not before `since`."""
        return (
            other is not None
            and (self.report, self.is_kept) == (other.report, other.is_kept)
            and _is_after(other.reported_at, self.reported_at, since)
            and _said(self.presence) == _said(other.presence)
            and _is_after(_seen_at(other.presence), _seen_at(self.presence), since)
        )


def digest_of(payload: bytes) -> str:
    """A digest that tells payloads from each other."""
    return sha256(payload).hexdigest()[:_DIGEST]


def _is_after(stored: datetime | None, new: datetime | None, since: datetime) -> bool:
    """Whether a stored time need not be replaced."""
    return stored == new or (stored is not None and stored > since)


def _said(presence: Presence | None) -> tuple[bool, datetime] | None:
    return None if presence is None else (presence.is_online, presence.changed_at)


def _seen_at(presence: Presence | None) -> datetime | None:
    return None if presence is None else presence.seen_at
