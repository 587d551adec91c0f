"""A connection on which a relay publishes.

Unanswered messages are dropped with the connection: the database still has their notifications.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from queue import Empty, SimpleQueue
from typing import Any, Final

from attrs import frozen
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from .broker import Broker
from .connection import Connection, Ending
from .message import Message
from .reasons import QUOTA_EXCEEDED, describe

log = logging.getLogger(__name__)

_MOST_RECEIVED: Final = 100
"""Received messages that are kept until read; any client can send any number."""


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


class Session(Connection):
    """A connection on which a relay publishes, and receives the markers of others."""

    def __init__(self, broker: Broker, client_id: str, window: int, timeout: float) -> None:
        super().__init__(client_id, timeout)
        self._window = window
        # From the network thread: message ids with their answers; None at the end of the connection.
        self._events: SimpleQueue[tuple[int, Answer] | None] = SimpleQueue()
        self._received: deque[Received] = deque(maxlen=_MOST_RECEIVED)
        self._answered = 0
        self.closed_on: tuple[int, Ending] | None = None
        """The position of the only message in flight when the broker ended the connection, and its ending."""
        # Not below our window: paho queues messages beyond its limit, and scans the queue at each answer.
        self._client.max_inflight_messages_set(window)
        self._client.on_publish = self._on_publish
        self._client.on_message = self._on_message
        self._connect(broker)
        self._window = min(self._window, self.limits.receive_maximum)

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

    def subscribe_to(self, topic: str) -> ReasonCode | None:
        """Subscribe to `topic`, retained messages included. Returns the broker's answer, or None without one."""
        answers = self.subscribe([(topic, SubscribeOptions(qos=0))])
        if answers is None:
            if self._open:
                log.warning("relay: the broker did not answer a subscription for %g s", self.patience)
            return None
        return answers[0]

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

    def _ended(self) -> None:
        self._events.put(None)

    def _on_publish(
        self, _client: Client, _data: Any, mid: int, answer: ReasonCode, properties: Properties
    ) -> None:
        if not answer.is_failure:
            self._events.put((mid, Answer()))
        else:
            is_for_now = answer.value == QUOTA_EXCEEDED
            self._events.put((mid, Answer(describe(answer, properties), is_for_now=is_for_now)))

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        self._received.append(Received(bytes(message.payload), message.retain))
