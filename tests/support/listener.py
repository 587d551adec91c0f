"""A real MQTT 5 client that records what it receives, as a device or an operator would."""

from __future__ import annotations

import json
from collections.abc import Callable
from threading import Event, Lock
from types import TracebackType
from typing import Any, Self

from attrs import frozen
from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from .waiting import wait_until

MARKER = "/installation"
"""The end of the topic with the markers of relays. It has no messages for devices."""

FROM_DEVICES = ("/report", "/online")
"""The ends of the topics to which devices publish, and which the service only clears."""


@frozen
class ReceivedMessage:
    """One received message."""

    topic: str
    payload: bytes
    retained: bool
    """Whether it was sent because of the subscription, and not because it was just published."""

    def json(self) -> Any:
        return json.loads(self.payload)


class Listener:
    """Subscribes to everything below a prefix, and reconnects by itself when its broker comes back.

    Markers, and what devices publish, are received only where the topic ends like theirs.
    """

    def __init__(
        self,
        port: int,
        topic: str = "iotsupport/#",
        on_received: Callable[[ReceivedMessage], None] = lambda _: None,
        keep: str = "",
        **credentials: str,
    ) -> None:
        """`keep`: a client id whose session the broker keeps while it is not connected."""
        self._lock = Lock()
        self._on_received = on_received
        self._received: list[ReceivedMessage] = []
        self._subscribed = Event()
        self._topic = topic
        self._client = Client(CallbackAPIVersion.VERSION2, keep, protocol=MQTTProtocolVersion.MQTTv5)
        if credentials:
            self._client.username_pw_set(credentials["username"], credentials["password"])
        self._client.reconnect_delay_set(min_delay=1, max_delay=1)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._on_message
        session = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # it has no types
        session.SessionExpiryInterval = 600 if keep else 0
        self._client.connect("127.0.0.1", port, clean_start=not keep, properties=session)
        self._client.loop_start()
        assert self._subscribed.wait(60), "the broker did not take the subscription"

    def received(self, topic: str = "") -> list[ReceivedMessage]:
        """Return the messages so far on topics that end with `topic`, in their order."""
        with self._lock:
            return [message for message in self._received if message.topic.endswith(topic)]

    def wait_for(self, count: int, topic: str = "", seconds: float = 60.0) -> list[ReceivedMessage]:
        """Wait for `count` messages on topics that end with `topic`, and return them."""
        wait_until(lambda: len(self.received(topic)) >= count, f"{count} messages on …{topic}", seconds)
        return self.received(topic)

    def forget(self) -> None:
        with self._lock:
            self._received.clear()

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _on_connect(
        self, client: Client, _data: Any, _flags: ConnectFlags, _answer: ReasonCode, _more: Properties | None
    ) -> None:
        client.subscribe(self._topic, qos=1)

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        if message.topic.endswith(MARKER) and not self._topic.endswith((MARKER, "/+")):
            return
        if message.topic.endswith(FROM_DEVICES) and not self._topic.endswith(FROM_DEVICES):
            return
        received = ReceivedMessage(message.topic, bytes(message.payload), message.retain)
        self._on_received(received)
        with self._lock:
            self._received.append(received)
