"""Messages to the broker."""

from __future__ import annotations

from typing import Final

from attrs import frozen
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

_VARINT_BITS: Final = 7


@frozen
class Message:
    """One message."""

    index: int
    """The position, in its batch, of the announcement that it belongs to."""
    is_hint: bool
    topic: str
    payload: str
    is_retained: bool = False
    """Whether to set the RETAIN flag. A broker without retained messages still forwards it."""
    expires: int | None = None
    """Message Expiry Interval in seconds, for subscribers that are offline; None sets none."""

    def properties(self) -> Properties | None:
        """Return its MQTT 5 properties, or None."""
        if self.expires is None:
            return None
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call] # it has no types
        properties.MessageExpiryInterval = self.expires
        return properties

    def size(self, qos: int) -> int:
        """Return the bytes of its PUBLISH packet, which Maximum Packet Size limits (MQTT 5, section 3.2.2.3.6)."""
        properties = 1 if self.expires is None else 1 + 5
        packet_id = 2 if qos else 0
        rest = 2 + len(self.topic.encode()) + packet_id + properties + len(self.payload.encode())
        return 1 + max(1, -(-rest.bit_length() // _VARINT_BITS)) + rest
