"""One message to the broker."""

from __future__ import annotations

from typing import Final

from attrs import frozen
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

_VARINT_BITS: Final = 7


@frozen
class Message:
    """One message, and the announcement in a batch that it belongs to."""

    index: int
    is_nudge: bool
    topic: str
    payload: str
    is_retained: bool = False
    """Whether the broker is to keep it for who subscribes later; one that keeps nothing still passes it on."""
    expires: int | None = None
    """Seconds for which the broker keeps it for a subscriber that is away; None: for as long as it likes."""

    def properties(self) -> Properties | None:
        """Its MQTT 5 properties."""
        if self.expires is None:
            return None
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call] # it has no types
        properties.MessageExpiryInterval = self.expires
        return properties

    def size(self, qos: int) -> int:
        """Bytes of its PUBLISH packet, fixed header included: what Maximum Packet Size limits (MQTT 5, 3.2.2.3.6)."""
        properties = 1 if self.expires is None else 1 + 5
        packet_id = 2 if qos else 0
        rest = 2 + len(self.topic.encode()) + packet_id + properties + len(self.payload.encode())
        return 1 + max(1, -(-rest.bit_length() // _VARINT_BITS)) + rest
