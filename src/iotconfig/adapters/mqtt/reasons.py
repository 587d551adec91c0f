"""The meaning of a broker's reason codes for a relay, in words (MQTT 5, section 2.4)."""

from __future__ import annotations

from typing import Final

from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from iotconfig.domain.errors import excerpt

TAKEN_OVER: Final = 0x8E
QUOTA_EXCEEDED: Final = 0x97

_MESSAGE_ONLY: Final = frozenset(
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
"""Codes with which a broker may end a connection because of a message on it. With all others it would
end every connection of this relay, so the relay backs off."""

_WAYS_OUT: Final = {
    0x84: "announcing needs MQTT 5: use a broker that supports it, such as Mosquitto 2",
    0x85: "let the broker accept the client id {client_id}",
    0x86: "check MQTT_USERNAME and MQTT_PASSWORD",
    0x87: "check MQTT_USERNAME and MQTT_PASSWORD, and what the broker allows this user",
    0x8A: "the broker bans this client: lift the ban there",
}


def describe(answer: ReasonCode, properties: Properties | None = None) -> str:
    """Return the reason in words, with the broker's text and the server that it refers to.

    The broker's text is escaped and shortened.
    """
    words = str(answer)
    if text := getattr(properties, "ReasonString", ""):
        words += f': "{excerpt(str(text))}"'
    if server := getattr(properties, "ServerReference", ""):
        words += f"; it refers to {excerpt(str(server))}: set MQTT_URL to that"
    return words


def describe_refusal(answer: ReasonCode, properties: Properties | None, client_id: str) -> str:
    """Return the reason for a refused connection, with its remedy where there is one."""
    way_out = _WAYS_OUT.get(int(answer.value))
    return describe(answer, properties) + (
        f" ({way_out.format(client_id=client_id)})" if way_out is not None else ""
    )


def is_about_a_message(code: int) -> bool:
    """Whether a broker may end a connection with this code because of a message on it."""
    return code in _ABOUT_A_MESSAGE or is_message_only(code)


def is_message_only(code: int) -> bool:
    """Whether the code always refers to a message."""
    return code in _MESSAGE_ONLY
