"""`Subscription` over MQTT: the messages of devices, in a session that the broker keeps.

Two bounds keep the memory small. The broker sends at most `window` messages of QoS 1 that are not acknowledged
(Receive Maximum). It sends those of QoS 0 without a limit, so the network thread waits where as many are in the
queue, and the broker's own queue fills.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from threading import Condition
from time import monotonic
from typing import Any, Final

from attrs import frozen
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from iotconfig.domain.devices.incoming import MAX_KEPT, MAX_LEVEL, Incoming, Topic
from iotconfig.domain.errors import BrokerUnavailable

from .broker import Broker
from .connection import Connection
from .device_topics import subscribed_topics

log = logging.getLogger(__name__)

SESSION_EXPIRY: Final = 86_400
"""Seconds for which the broker keeps the session while no subscriber is connected."""

_QOS: Final = 1


class MqttSubscription:
    """`Subscription` on one broker."""

    def __init__(
        self,
        broker: Broker,
        *,
        prefix: str,
        client_id: str,
        window: int,
        timeout: float,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """`prefix`: of all topics. `client_id`: shared by all subscribers, so that a new one ends the session of an old one.

        `window`: the most messages that wait for their acknowledgement.
        `timeout`: seconds without an answer after which the broker counts as away.
        """
        self._broker = broker
        self._prefix = prefix
        self._client_id = client_id
        self._window = window
        self._timeout = timeout
        self._clock = clock
        self._listening: _Listening | None = None

    def is_connected(self) -> bool:
        return self._listening is not None and self._listening.is_open()

    def connect(self, *, catches_up: bool) -> None:
        if self.is_connected():
            return
        self.disconnect()
        self._listening = _Listening(
            self._broker, self._client_id, self._window, self._timeout, clock=self._clock
        )
        try:
            self._subscribe(self._listening, catches_up=catches_up)
        except BrokerUnavailable:
            self.disconnect()
            raise
        log.info("subscriber: connected to %s", self._broker)

    def ending(self) -> str | None:
        ending = None if self._listening is None else self._listening.ending
        if ending is None or ending.code is None:
            return None
        return f"the broker {self._broker} ended the connection: {ending.reason}"

    def take(self, limit: int) -> Sequence[Incoming]:
        return [] if self._listening is None else self._listening.take(limit)

    def wait(self, seconds: float) -> bool:
        return self._listening is None or self._listening.wait(seconds)

    def acknowledge(self, messages: Sequence[Incoming]) -> None:
        if self._listening is not None:
            self._listening.acknowledge(messages)

    def disconnect(self) -> None:
        if self._listening is not None:
            self._listening.close()
            self._listening = None

    def _subscribe(self, listening: _Listening, *, catches_up: bool) -> None:
        """Subscribe to the topics of all devices. In a session that goes on, their retained messages do not come again."""
        handling = (
            SubscribeOptions.RETAIN_SEND_ON_SUBSCRIBE
            if catches_up
            else SubscribeOptions.RETAIN_SEND_IF_NEW_SUB
        )
        # Not "as published": the flag is to tell which messages the subscription brought.
        options = SubscribeOptions(qos=_QOS, retainAsPublished=False, retainHandling=handling)
        topics = [(topic, options) for topic in subscribed_topics(self._prefix)]
        answers = listening.subscribe(topics)
        if answers is None:
            raise BrokerUnavailable(f"the broker {self._broker} does not answer a subscription")
        for (topic, _), answer in zip(topics, answers, strict=True):
            if answer.is_failure:
                raise BrokerUnavailable(
                    f"the broker {self._broker} refuses the subscription to {topic}: {answer}. "
                    "Let the service's user read that topic, or set IOTCONFIG_MQTT_DEVICES=off"
                )


@frozen
class _Receipt:
    """What a message is acknowledged by."""

    connection: _Listening
    message_id: int


class _Listening(Connection):
    """A connection on which messages of devices arrive."""

    def __init__(
        self, broker: Broker, client_id: str, window: int, timeout: float, *, clock: Callable[[], float]
    ) -> None:
        super().__init__(client_id, timeout, acknowledges_itself=False)
        self._window = window
        self._clock = clock
        self._arrived: deque[Incoming] = deque()
        self._changed = Condition()
        self._is_closed = self._is_subscribed = False
        self._client.on_message = self._on_message
        self._connect(broker, clean_start=False, SessionExpiryInterval=SESSION_EXPIRY, ReceiveMaximum=window)

    @property
    def patience(self) -> float:
        """Seconds that `subscribe` waits: the answer may come behind as many messages as the window holds."""
        return self._timeout

    def take(self, limit: int) -> Sequence[Incoming]:
        with self._changed:
            taken = [self._arrived.popleft() for _ in range(min(limit, len(self._arrived)))]
            self._changed.notify_all()
        return taken

    def wait(self, seconds: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: bool(self._arrived) or not self._open, seconds)

    def acknowledge(self, messages: Sequence[Incoming]) -> None:
        for message in messages:
            # Message ids begin again on each connection.
            if isinstance(message.receipt, _Receipt) and message.receipt.connection is self and self._open:
                self._client.ack(message.receipt.message_id, _QOS)

    def close(self) -> None:
        self._is_closed = True
        self._ended()
        super().close()

    def _ended(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _has_room(self) -> bool:
        """Whether the network thread may go on: messages of QoS 1, and the answer to the subscription, never wait."""
        return len(self._arrived) < 2 * self._window or not self._is_subscribed or self._is_closed

    def _on_subscribe(
        self,
        client: Client,
        data: Any,
        mid: int,
        answers: list[ReasonCode],
        properties: Properties | None,
    ) -> None:
        self._is_subscribed = True
        super()._on_subscribe(client, data, mid, answers, properties)

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        """Called by the network thread."""
        device, topic = _levels(message)
        incoming = Incoming(
            topic,
            device[:MAX_LEVEL],
            bytes(message.payload[:MAX_KEPT]),
            is_retained=message.retain,
            is_kept=bool(message.qos),
            arrived_at=self._clock(),
            receipt=_Receipt(self, message.mid) if message.qos else None,
        )
        with self._changed:
            self._changed.wait_for(self._has_room)
            self._arrived.append(incoming)
            self._changed.notify_all()


def _levels(message: MQTTMessage) -> tuple[str, Topic]:
    """The levels of a topic with the MAC address and the kind of message."""
    try:
        _, device, last = message.topic.rsplit("/", 2)
        return device, Topic(last)
    except ValueError:
        # A broker that lets a topic through that is not UTF-8, or was not subscribed to.
        return "", Topic.REPORT
