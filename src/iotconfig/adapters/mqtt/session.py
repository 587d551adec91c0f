"""One connection to a broker, from its CONNACK to its end.

What paho does by itself is of no use to a relay: it queues what is published
while there is no connection and sends it later, and its reconnecting sends old
messages again, behind newer ones. So each connection is a client of its own,
nothing is published before its CONNACK, and what was not answered is forgotten
with it: the database has it still.
"""

from __future__ import annotations

import logging
import ssl
from collections import deque
from collections.abc import Sequence
from queue import Empty, SimpleQueue
from typing import Any, Final

from attrs import frozen
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from iotconfig.domain.errors import BrokerUnavailable

from .broker import Broker
from .limits import Limits
from .message import Message
from .reasons import (
    QUOTA_EXCEEDED,
    TAKEN_OVER,
    describe,
    describe_refusal,
    is_about_a_message,
    is_surely_about_a_message,
)

log = logging.getLogger(__name__)

_KEEPALIVE: Final = 15
_LARGEST_RECEIVED: Final = 16_384
"""Bytes: nothing that a relay must read is larger, and a broker discards what is."""

_KEPT: Final = 100
"""Received messages that wait to be read; anybody may send as many as they like."""

_PATIENCE: Final = 3.0
"""Seconds that a broker has to answer a subscription, for which no change should wait long."""


@frozen
class Answer:
    """What became of one message; with an error, why it was not taken."""

    error: str | None = None
    is_final: bool = False
    """On this broker it will never be taken."""
    is_for_now: bool = False
    """The broker takes nothing at the moment, whatever it is."""


@frozen
class Received:
    """A message from the broker."""

    payload: bytes
    is_retained: bool
    """Whether it was published before the subscription, by somebody who may be gone."""


@frozen
class Ending:
    """How a connection ended by itself."""

    reason: str
    code: int | None = None
    """The reason code of the broker's DISCONNECT; None where it sent none."""

    @property
    def is_takeover(self) -> bool:
        """Whether another client connected with the same client id."""
        return self.code == TAKEN_OVER

    @property
    def is_about_a_message(self) -> bool:
        """Whether a message may have been the cause."""
        return self.code is None or is_about_a_message(self.code)

    @property
    def is_surely_about_a_message(self) -> bool:
        """Whether the broker said that a message was the cause."""
        return self.code is not None and is_surely_about_a_message(self.code)


class Session:
    """One connection, from its CONNACK to its end."""

    limits: Limits

    def __init__(self, broker: Broker, client_id: str, window: int, timeout: float) -> None:
        self._client_id = client_id
        self._window = window
        self._timeout = timeout
        # What the network thread heard: message ids with their answers; None when the connection ended.
        self._heard: SimpleQueue[tuple[int, Answer] | None] = SimpleQueue()
        self._connack: SimpleQueue[tuple[ReasonCode, Properties | None] | None] = SimpleQueue()
        self._suback: SimpleQueue[ReasonCode | None] = SimpleQueue()
        self._received: deque[Received] = deque(maxlen=_KEPT)
        self._answered = 0
        self._open = False
        self.ending: Ending | None = None
        """How it ended; None while it is open, or was closed from here."""
        self.hung_up_on: tuple[int, Ending] | None = None
        """The one message of the latest publish that the broker ended the connection on, and how."""
        self._client = Client(
            CallbackAPIVersion.VERSION2,
            client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,
        )
        # Every end of a connection is spoken of by the relay; paho would add errors of its own.
        self._client.disable_logger()
        # Never fewer than ours: paho queues what is beyond, and looks through the queue at each answer.
        self._client.max_inflight_messages_set(window)
        self._client.connect_timeout = timeout
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_publish = self._on_publish
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        try:
            self._connect(broker)
        except BrokerUnavailable:
            self.close()
            raise

    def is_open(self) -> bool:
        return self._open

    def publish(self, messages: Sequence[Message]) -> list[Answer | None]:
        """Send all, and return the answers; None where there was none.

        A session begins with one message on its way, and one more with each answer,
        up to the window. So a message on which the broker hangs up is, at the latest
        when it comes first, alone, and its refusal is read.

        Where the broker takes QoS 0 only, a message is answered when it is written to the connection.
        """
        answers = [self._too_large(message) for message in messages]
        if not self._open:
            return answers
        left = deque(place for place, answer in enumerate(answers) if answer is None)
        under_way: dict[int, int] = {}
        while left or under_way:
            while left and len(under_way) < min(self._window, 1 + self._answered):
                mid = self._send(messages[left[0]], self.limits.qos)
                under_way[mid] = left.popleft()
            try:
                heard = self._heard.get(timeout=self._timeout)
            except Empty:
                log.warning("relay: the broker took messages and did not answer for %g s", self._timeout)
                return answers
            if heard is None:
                ending = self.ending
                if len(under_way) == 1 and not self._answered and ending and ending.is_about_a_message:
                    self.hung_up_on = (next(iter(under_way.values())), ending)
                return answers
            mid, answer = heard
            if mid in under_way:
                answers[under_way.pop(mid)] = answer
                self._answered += 1
        return answers

    def subscribe(self, topic: str) -> ReasonCode | None:
        """Receive what is retained on `topic`, and published to it from now on; the broker's answer, None without any."""
        options = SubscribeOptions(qos=0)
        result, _ = self._client.subscribe(topic, options=options)
        if result != MQTTErrorCode.MQTT_ERR_SUCCESS:
            return None
        patience = min(self._timeout, _PATIENCE)
        try:
            return self._suback.get(timeout=patience)
        except Empty:
            log.warning("relay: the broker took a subscription and did not answer for %g s", patience)
            return None

    def ask(self, message: Message) -> Answer | None:
        """Publish a message that counts for nothing of what `publish` promises; its answer, None without any."""
        answered, hung_up_on = self._answered, self.hung_up_on
        (answer,) = self.publish([message])
        self._answered, self.hung_up_on = answered, hung_up_on
        return answer

    def say(self, message: Message) -> None:
        """Send a message once, with QoS 0, and wait for nothing."""
        if self._open and self._too_large(message) is None:
            self._send(message, 0)

    def received(self) -> list[Received]:
        """What arrived since the last call."""
        found = []
        while True:
            try:
                found.append(self._received.popleft())
            except IndexError:
                return found

    def close(self) -> None:
        self._open = False
        self._client.disconnect()
        self._client.loop_stop()

    def _send(self, message: Message, qos: int) -> int:
        """Send a message; its id. Where the connection has ended it may have been sent, or not."""
        info = self._client.publish(
            message.topic,
            message.payload,
            qos,
            retain=message.is_retained and self.limits.retains,
            properties=message.properties(),
        )
        # Its return code is of no use: it may say "not connected" of a message that the network
        # thread has sent, and on which the broker hung up meanwhile.
        return info.mid

    def _too_large(self, message: Message) -> Answer | None:
        """The answer to a message that the broker would end the connection on; None where it is small enough."""
        size, limit = message.size(self.limits.qos), self.limits.packet_size
        if limit is None or size <= limit:
            return None
        return Answer(
            f"the message has {size} bytes, and the broker takes packets of up to {limit}", is_final=True
        )

    def _connect(self, broker: Broker) -> None:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # it has no types
        properties.MaximumPacketSize = _LARGEST_RECEIVED
        try:
            if broker.tls:
                self._client.tls_set_context(ssl.create_default_context(cafile=broker.ca_file))
            if broker.username is not None:
                self._client.username_pw_set(broker.username, broker.password)
            self._client.connect(
                broker.host, broker.port, _KEEPALIVE, clean_start=True, properties=properties
            )
        except (OSError, ValueError) as error:
            reason = error.strerror or str(error) if isinstance(error, OSError) else str(error)
            raise BrokerUnavailable(f"the broker {broker} cannot be reached: {reason}") from error
        self._client.loop_start()
        try:
            connack = self._connack.get(timeout=self._timeout)
        except Empty:
            raise BrokerUnavailable(f"the broker {broker} does not answer") from None
        if connack is None:
            raise BrokerUnavailable(f"the broker {broker} closed the connection")
        answer, properties_of_it = connack
        if answer.is_failure:
            reason = describe_refusal(answer, properties_of_it, self._client_id)
            raise BrokerUnavailable(f"the broker {broker} refused the connection: {reason}")
        self.limits = Limits.of(properties_of_it)
        self._window = min(self._window, self.limits.receive_maximum)
        self._open = True

    def _on_connect(
        self,
        _client: Client,
        _data: Any,
        _flags: ConnectFlags,
        answer: ReasonCode,
        properties: Properties | None,
    ) -> None:
        self._connack.put((answer, properties))

    def _on_disconnect(
        self,
        _client: Client,
        _data: Any,
        flags: DisconnectFlags,
        answer: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if self._open and self.ending is None:
            code = int(answer.value) if flags.is_disconnect_packet_from_server else None
            self.ending = Ending(describe(answer, properties), code)
        self._open = False
        self._connack.put(None)
        self._suback.put(None)
        self._heard.put(None)

    def _on_publish(
        self, _client: Client, _data: Any, mid: int, answer: ReasonCode, properties: Properties
    ) -> None:
        if not answer.is_failure:
            self._heard.put((mid, Answer()))
        else:
            is_for_now = answer.value == QUOTA_EXCEEDED
            self._heard.put((mid, Answer(describe(answer, properties), is_for_now=is_for_now)))

    def _on_subscribe(
        self,
        _client: Client,
        _data: Any,
        _mid: int,
        answers: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        self._suback.put(answers[0])

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        self._received.append(Received(bytes(message.payload), message.retain))
