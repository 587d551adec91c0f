"""What a broker can do, as its CONNACK says (MQTT 5, section 3.2.2.3)."""

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
    """What the broker of a connection can do. Server Keep Alive is obeyed by paho (2.2 and later)."""

    retains: bool = True
    qos: int = _QOS
    """The highest QoS of a message: 0, or 1, above which nothing is sent."""
    packet_size: int | None = None
    """The largest packet in bytes; None where the broker names no limit."""
    receive_maximum: int = _RECEIVE_MAXIMUM
    """How many messages of QoS 1 may wait for an answer."""

    @classmethod
    def of(cls, connack: Properties | None) -> Self:
        """Read the properties of a CONNACK; what is absent has the default of the standard."""

        def said(name: str, default: Any) -> Any:
            return getattr(connack, name, default)

        return cls(
            retains=bool(said("RetainAvailable", 1)),
            qos=min(_QOS, said("MaximumQoS", _QOS)),
            packet_size=said("MaximumPacketSize", None),
            receive_maximum=said("ReceiveMaximum", _RECEIVE_MAXIMUM),
        )

    def problems(self, needed: int) -> Iterator[RelayProblem]:
        """What cannot be announced as it should; `needed`: the size of the largest message of a device."""
        if not self.retains:
            yield RelayProblem(
                RelayProblemCode.NOT_RETAINED,
                "the broker keeps no retained messages (CONNACK: Retain Available 0), so a device that subscribes "
                "later does not hear of its newest document; it must fetch when it starts. Allow retained messages "
                "on the broker, then run 'iotconfig announce --all'",
            )
        if self.qos < _QOS:
            yield RelayProblem(
                RelayProblemCode.NOT_ACKNOWLEDGED,
                "the broker takes messages of QoS 0 only (CONNACK: Maximum QoS 0) and acknowledges none, so a message "
                "counts as delivered once it is written to the connection, and can be lost. Allow QoS 1 on the broker",
            )
        if self.packet_size is not None and self.packet_size < needed:
            yield RelayProblem(
                RelayProblemCode.PACKETS_TOO_SMALL,
                f"the broker takes packets of up to {self.packet_size} bytes (CONNACK: Maximum Packet Size), and a "
                f"device's message has up to {needed}: larger messages are parked. Raise the limit on the broker, "
                "then run 'iotconfig notifications --retry'",
            )
