"""A Mosquitto that keeps sessions and retained messages over a restart, and devices that publish to it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from iotconfig.domain.devices.incoming import Topic

from .mosquitto import Mosquitto
from .waiting import wait_until

PREFIX = "iotsupport"


class DeviceBroker(Mosquitto):
    """A broker that keeps everything over `stop` and `start`."""

    def __init__(self, directory: Path, *options: str) -> None:
        super().__init__(directory, *options, persists=True, verbose=False)

    def publish(
        self, topic: Topic, device: str, payload: bytes, *, retain: bool = True, qos: int = 1
    ) -> None:
        """Publish a message as a device does, over MQTT 3.1.1."""
        self.publish_all([(topic, device, payload)], retain=retain, qos=qos)

    def publish_all(
        self, messages: Sequence[tuple[Topic, str, bytes]], *, retain: bool = True, qos: int = 1
    ) -> None:
        """Publish messages in this order, and return when the broker has them."""
        client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv311)
        client.max_inflight_messages_set(1000)
        client.connect("127.0.0.1", self.port)
        client.loop_start()
        for topic, device, payload in messages:
            client.publish(f"{PREFIX}/devices/{device}/{topic}", payload, qos=qos, retain=retain)
        # A broker acknowledges nothing of QoS 0, and keeps the order.
        client.publish(f"{PREFIX}/barrier", qos=1).wait_for_publish(60)
        client.disconnect()
        client.loop_stop()

    def forget_session(self, client_id: str) -> None:
        """End the session of a client, as a broker does whose sessions are lost."""
        client = Client(CallbackAPIVersion.VERSION2, client_id, protocol=MQTTProtocolVersion.MQTTv5)
        ended = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # it has no types
        ended.SessionExpiryInterval = 0
        client.connect("127.0.0.1", self.port, clean_start=True, properties=ended)
        client.loop_start()
        wait_until(client.is_connected, "the session is taken")
        client.disconnect()
        client.loop_stop()
