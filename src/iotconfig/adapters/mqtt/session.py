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
from collections.abc import Sequence
from queue import Empty, SimpleQueue
from typing import Any, Final

from attrs import frozen
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from iotconfig.domain.errors import BrokerUnavailable

from .broker import Broker

log = logging.getLogger(__name__)

_KEEPALIVE: Final = 15
_QOS: Final = 1
_TAKEN_OVER: Final = "Session taken over"


@frozen
class Message:
    """One message, and the announcement in a batch that it belongs to."""

    index: int
    is_nudge: bool
    topic: str
    payload: str


class Session:
    """One connection, from its CONNACK to its end."""

    def __init__(self, broker: Broker, client_id: str, window: int, timeout: float) -> None:
        self._window = window
        self._timeout = timeout
        # What the network thread heard: message ids with their answers; None when the connection ended.
        self._heard: SimpleQueue[tuple[int, ReasonCode] | None] = SimpleQueue()
        self._connack: SimpleQueue[tuple[ReasonCode, Properties | None] | None] = SimpleQueue()
        self._answered = 0
        self._open = False
        self._ended_with = ""
        self.hung_up_on: tuple[int, str] | None = None
        """The one message of the latest publish that the broker ended the connection on, and its reason."""
        self._client = Client(
            CallbackAPIVersion.VERSION2,
            client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,
        )
        self._client.enable_logger(logging.getLogger("paho.mqtt"))
        # Never fewer than ours: paho queues what is beyond, and looks through the queue at each answer.
        self._client.max_inflight_messages_set(window)
        self._client.connect_timeout = timeout
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_publish = self._on_publish
        try:
            self._connect(broker)
        except BrokerUnavailable:
            self.close()
            raise

    def is_open(self) -> bool:
        return self._open

    def publish(self, messages: Sequence[Message]) -> list[ReasonCode | None]:
        """Send all, and return the answers; None where there was none.

        A session begins with one message on its way, and one more with each answer,
        up to the window. So a message on which the broker hangs up is, at the latest
        when it comes first, alone, and its refusal is read.
        """
        answers: list[ReasonCode | None] = [None] * len(messages)
        if not self._open:
            return answers
        under_way: dict[int, int] = {}
        following = 0
        while following < len(messages) or under_way:
            while following < len(messages) and len(under_way) < min(self._window, 1 + self._answered):
                message = messages[following]
                info = self._client.publish(message.topic, message.payload, _QOS, retain=not message.is_nudge)
                if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
                    return answers
                under_way[info.mid] = following
                following += 1
            try:
                heard = self._heard.get(timeout=self._timeout)
            except Empty:
                log.warning("relay: the broker took messages and did not answer for %g s", self._timeout)
                return answers
            if heard is None:
                if len(under_way) == 1 and not self._answered and self._ended_with != _TAKEN_OVER:
                    self.hung_up_on = (next(iter(under_way.values())), self._ended_with)
                return answers
            mid, answer = heard
            if mid in under_way:
                answers[under_way.pop(mid)] = answer
                self._answered += 1
        return answers

    def close(self) -> None:
        self._open = False
        self._client.disconnect()
        self._client.loop_stop()

    def _connect(self, broker: Broker) -> None:
        try:
            if broker.tls:
                self._client.tls_set_context(ssl.create_default_context(cafile=broker.ca_file))
            if broker.username is not None:
                self._client.username_pw_set(broker.username, broker.password)
            self._client.connect(broker.host, broker.port, _KEEPALIVE, clean_start=True)
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
        answer, properties = connack
        if answer.is_failure:
            raise BrokerUnavailable(f"the broker {broker} refused the connection: {answer}")
        self._window = min(self._window, getattr(properties, "ReceiveMaximum", self._window))
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
        _flags: DisconnectFlags,
        answer: ReasonCode,
        _more: Properties | None,
    ) -> None:
        self._open = False
        self._ended_with = str(answer)
        self._connack.put(None)
        self._heard.put(None)

    def _on_publish(
        self, _client: Client, _data: Any, mid: int, answer: ReasonCode, _properties: Properties
    ) -> None:
        self._heard.put((mid, answer))
