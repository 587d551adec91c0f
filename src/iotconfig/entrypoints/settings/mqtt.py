"""The broker, and the topics of messages to devices."""

from __future__ import annotations

from attrs import frozen

from . import parsers
from .fields import setting


@frozen
class MqttSettings:
    """The broker, and the topics of messages to devices."""

    url: str = setting(
        "MQTT_URL",
        str,
        "",
        "The MQTT broker of the devices: mqtt://host:1883 or mqtts://host:8883. Unset, nothing is announced",
        secret=True,
    )
    username: str = setting("MQTT_USERNAME", str, "", "User name at the broker")
    password: str = setting("MQTT_PASSWORD", str, "", "Password at the broker", secret=True)
    ca_file: str = setting(
        "IOTCONFIG_MQTT_CA_FILE",
        parsers.readable_file,
        "",
        "Certificates (PEM) to trust at the broker instead of the system's",
    )
    prefix: str = setting(
        "IOTCONFIG_MQTT_PREFIX", parsers.topic_prefix, "iotsupport", "The first levels of all topics"
    )
    window: int = setting(
        "IOTCONFIG_MQTT_WINDOW",
        parsers.number(int, 1, 10_000),
        100,
        "Messages that may be unacknowledged at the same time",
    )
    timeout: float = setting(
        "IOTCONFIG_MQTT_TIMEOUT",
        parsers.seconds,
        10.0,
        "Seconds without an answer after which the relay connects again",
    )
    reads_devices: bool = setting(
        "IOTCONFIG_MQTT_DEVICES",
        parsers.flag,
        True,
        "Whether the relay's process also reads what devices publish: reports, and whether they are online",
    )
    restricts_devices: bool = setting(
        "IOTCONFIG_MQTT_RESTRICTED",
        parsers.flag,
        False,
        "Set it where the broker lets each device write to its own topics only: its messages then count as proven",
    )
