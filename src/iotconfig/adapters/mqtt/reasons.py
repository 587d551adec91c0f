"""What a broker's reason codes mean for a relay, in words (MQTT 5, section 2.4)."""

from __future__ import annotations

from typing import Final

from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from iotconfig.domain.errors import excerpt

TAKEN_OVER: Final = 0x8E
QUOTA_EXCEEDED: Final = 0x97

_SURELY_ABOUT_A_MESSAGE: Final = frozenset(
    {
        0x90,  # Topic name invalid
        0x95,  # Packet too large
        0x99,  # Payload format invalid
    }
)

_ABOUT_A_MESSAGE: Final = frozenset(
    {
        0x80,  # Unspecified error
        0x81,  # Malformed packet
        0x82,  # Protocol error
        0x83,  # Implementation specific error
        0x87,  # Not authorized
        0x9A,  # Retain not supported
        0x9B,  # QoS not supported
    }
)
"""With these a broker ends a connection because of what was sent on it. With all others it
would end any connection of this relay, so another one is not due at once."""

_WAYS_OUT: Final = {
    0x84: "announcing needs MQTT 5: use a broker that speaks it, such as Mosquitto 2",
    0x85: "let the broker accept the client id {client_id}",
    0x86: "check MQTT_USERNAME and MQTT_PASSWORD",
    0x87: "check MQTT_USERNAME and MQTT_PASSWORD, and what the broker allows this user",
    0x8A: "the broker bans this client: lift that there",
}


def describe(answer: ReasonCode, properties: Properties | None = None) -> str:
    """The reason in words, with the broker's own text and the server that it refers to.

    What the broker wrote is made safe to print, and cut.
    """
    words = str(answer)
    if text := getattr(properties, "ReasonString", ""):
        words += f': "{excerpt(str(text))}"'
    if server := getattr(properties, "ServerReference", ""):
        words += f"; it refers to {excerpt(str(server))}: set MQTT_URL to that"
    return words


def describe_refusal(answer: ReasonCode, properties: Properties | None, client_id: str) -> str:
    """The same for a connection that was refused, with the way out where there is one."""
    way_out = _WAYS_OUT.get(int(answer.value))
    return describe(answer, properties) + (
        f" ({way_out.format(client_id=client_id)})" if way_out is not None else ""
    )


def is_about_a_message(code: int) -> bool:
    """Whether a broker that ended a connection with this code may have done so because of a message on it."""
    return code in _ABOUT_A_MESSAGE or is_surely_about_a_message(code)


def is_surely_about_a_message(code: int) -> bool:
    """Whether nothing else can be meant, so that the message is at fault."""
    return code in _SURELY_ABOUT_A_MESSAGE
