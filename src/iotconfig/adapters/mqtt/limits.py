"""The limits that a broker declares in its CONNACK (MQTT 5, section 3.2.2.3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, Self

from attrs import frozen
from paho.mqtt.properties import Properties

from iotconfig.domain.announcing.relay_reports import RelayProblem, RelayProblemCode

_QOS: Final = 1
_RECEIVE_MAXIMUM: Final = 65_535


@frozen
class Limits:
    """The limits of a connection. Server Keep Alive is handled by paho (2.2 and later)."""

    retains: bool = True
    qos: int = _QOS
    """The highest QoS: 0 or 1. The relay does not use 2."""
    packet_size: int | None = None
    """The largest packet in bytes; None where the broker declares no limit."""
    receive_maximum: int = _RECEIVE_MAXIMUM
    """The most messages of QoS 1 that may wait for an answer."""

    @classmethod
    def of(cls, connack: Properties | None) -> Self:
        """Read the properties of a CONNACK; absent ones have the default of the standard."""

        def declared(name: str, default: Any) -> Any:
            return getattr(connack, name, default)

        return cls(
            retains=bool(declared("RetainAvailable", 1)),
            qos=min(_QOS, declared("MaximumQoS", _QOS)),
            packet_size=declared("MaximumPacketSize", None),
            receive_maximum=declared("ReceiveMaximum", _RECEIVE_MAXIMUM),
        )

    def problems(self, needed: int) -> Iterator[RelayProblem]:
        """Yield the limits that restrict announcing. `needed`: the size of the largest message to a device, in bytes."""
        if not self.retains:
            yield RelayProblem(
                RelayProblemCode.NOT_RETAINED,
                "the broker keeps no retained messages (CONNACK: Retain Available 0), so a device that subscribes "
                "later is not notified of its newest document; it must fetch when it starts. Allow retained messages "
                "on the broker, then run 'iotconfig announce --all'",
            )
        if self.qos < _QOS:
            yield RelayProblem(
                RelayProblemCode.NOT_ACKNOWLEDGED,
                "the broker accepts QoS 0 only (CONNACK: Maximum QoS 0) and acknowledges no message, so a message "
                "counts as delivered once it is written to the connection, and can be lost. Allow QoS 1 on the broker",
            )
        if self.packet_size is not None and self.packet_size < needed:
            yield RelayProblem(
                RelayProblemCode.PACKETS_TOO_SMALL,
                f"the broker accepts packets of up to {self.packet_size} bytes (CONNACK: Maximum Packet Size), and a "
                f"device's message has up to {needed}: larger messages are parked. Raise the limit on the broker, "
                "then run 'iotconfig notifications --retry'",
            )
