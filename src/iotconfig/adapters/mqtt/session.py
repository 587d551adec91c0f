"""One connection to a broker, from its CONNACK to its end.

paho's own queue and reconnection do not suit a relay: it sends messages that were
published without a connection later, and repeats old ones behind newer ones. So each
connection has a client of its own, nothing is published before its CONNACK, and
unanswered messages are dropped with it: the database still has their notifications.
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
    is_message_only,
)

log = logging.getLogger(__name__)

_KEEPALIVE: Final = 15
_LARGEST_RECEIVED: Final = 16_384
"""Maximum Packet Size of this side in bytes; a broker discards larger messages."""

_MOST_RECEIVED: Final = 100
"""Received messages that are kept until read; any client can send any number."""

_PATIENCE: Final = 3.0
"""Seconds to wait for the answer to a subscription; announcements wait meanwhile."""


@frozen
class Answer:
    """The broker's answer to one message; with an error it is a refusal."""

    error: str | None = None
    is_final: bool = False
    """Whether this broker can never accept it."""
    is_for_now: bool = False
    """Whether the broker accepts no message at the moment."""


@frozen
class Received:
    """A message from the broker."""

    payload: bytes
    is_retained: bool
    """Whether it was published before the subscription."""


@frozen
class Ending:
    """The end of a connection that was not closed from this side."""

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
    def is_message_only(self) -> bool:
        """Whether a message was certainly the cause."""
        return self.code is not None and is_message_only(self.code)


class Session:
    """One connection, from its CONNACK to its end."""

    limits: Limits

    def __init__(self, broker: Broker, client_id: str, window: int, timeout: float) -> None:
        self._client_id = client_id
        self._window = window
        self._timeout = timeout
        # From the network thread: message ids with their answers; None at the end of the connection.
        self._events: SimpleQueue[tuple[int, Answer] | None] = SimpleQueue()
        self._connack: SimpleQueue[tuple[ReasonCode, Properties | None] | None] = SimpleQueue()
        self._suback: SimpleQueue[ReasonCode | None] = SimpleQueue()
        self._received: deque[Received] = deque(maxlen=_MOST_RECEIVED)
        self._answered = 0
        self._open = False
        self.ending: Ending | None = None
        """How it ended; None while it is open, or if this side closed it."""
        self.closed_on: tuple[int, Ending] | None = None
        """The position of the only message in flight when the broker ended the connection, and its ending."""
        self._client = Client(
            CallbackAPIVersion.VERSION2,
            client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,
        )
        # The relay logs every end of a connection; paho would add lines of its own.
        self._client.disable_logger()
        # Not below our window: paho queues messages beyond its limit, and scans the queue at each answer.
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
        """Send all messages and return their answers in order; None where none arrived.

        A session starts with one message in flight, and allows one more with each answer, up to
        the window. So a message over which the broker closes the connection is alone in flight
        at the latest when it is the first, and can be identified.

        With QoS 0, a message counts as answered when it is written to the connection.
        """
        answers = [self._too_large(message) for message in messages]
        if not self._open:
            return answers
        left = deque(position for position, answer in enumerate(answers) if answer is None)
        in_flight: dict[int, int] = {}
        while left or in_flight:
            while left and len(in_flight) < min(self._window, 1 + self._answered):
                mid = self._send(messages[left[0]], self.limits.qos)
                in_flight[mid] = left.popleft()
            try:
                event = self._events.get(timeout=self._timeout)
            except Empty:
                log.warning("relay: the broker did not answer messages for %g s", self._timeout)
                return answers
            if event is None:
                ending = self.ending
                if len(in_flight) == 1 and not self._answered and ending and ending.is_about_a_message:
                    self.closed_on = (next(iter(in_flight.values())), ending)
                return answers
            mid, answer = event
            if mid in in_flight:
                answers[in_flight.pop(mid)] = answer
                self._answered += 1
        return answers

    def subscribe(self, topic: str) -> ReasonCode | None:
        """Subscribe to `topic`, retained messages included. Returns the broker's answer, or None without one."""
        options = SubscribeOptions(qos=0)
        result, _ = self._client.subscribe(topic, options=options)
        if result != MQTTErrorCode.MQTT_ERR_SUCCESS:
            return None
        patience = min(self._timeout, _PATIENCE)
        try:
            return self._suback.get(timeout=patience)
        except Empty:
            log.warning("relay: the broker did not answer a subscription for %g s", patience)
            return None

    def publish_one(self, message: Message) -> Answer | None:
        """Publish a message outside of the bookkeeping of `publish`. Returns its answer, or None without one."""
        answered, closed_on = self._answered, self.closed_on
        (answer,) = self.publish([message])
        self._answered, self.closed_on = answered, closed_on
        return answer

    def send(self, message: Message) -> None:
        """Send a message with QoS 0, without waiting."""
        if self._open and self._too_large(message) is None:
            self._send(message, 0)

    def received(self) -> list[Received]:
        """Return the messages that arrived since the last call."""
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
        """Send a message and return its id. If the connection has just ended, it may or may not have been sent."""
        info = self._client.publish(
            message.topic,
            message.payload,
            qos,
            retain=message.is_retained and self.limits.retains,
            properties=message.properties(),
        )
        # The return code is unreliable: it may be "not connected" for a message that the network thread
        # has sent, and over which the broker has closed the connection.
        return info.mid

    def _too_large(self, message: Message) -> Answer | None:
        """Return a refusal for a message that exceeds the broker's packet size; None where it fits."""
        size, limit = message.size(self.limits.qos), self.limits.packet_size
        if limit is None or size <= limit:
            return None
        return Answer(
            f"the message has {size} bytes, and the broker accepts packets of up to {limit}", is_final=True
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
        self._events.put(None)

    def _on_publish(
        self, _client: Client, _data: Any, mid: int, answer: ReasonCode, properties: Properties
    ) -> None:
        if not answer.is_failure:
            self._events.put((mid, Answer()))
        else:
            is_for_now = answer.value == QUOTA_EXCEEDED
            self._events.put((mid, Answer(describe(answer, properties), is_for_now=is_for_now)))

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
