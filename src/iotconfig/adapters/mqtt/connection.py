"""One connection to a broker, from its CONNACK to its end.

paho's own queue and reconnection do not suit this service: it sends messages that were
published without a connection later, and repeats old ones behind newer ones. So each
connection has a client of its own, and nothing is published before its CONNACK.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Event
from typing import Any, Final

from attrs import frozen
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from iotconfig.domain.errors import BrokerUnavailable

from .broker import Broker
from .limits import Limits
from .reasons import TAKEN_OVER, describe, describe_refusal, is_about_a_message, is_message_only

_KEEPALIVE: Final = 15
_LARGEST_RECEIVED: Final = 16_384
"""Maximum Packet Size of this side in bytes; a broker discards larger messages."""

_PATIENCE: Final = 3.0
"""Seconds to wait for the answer to a subscription, and for a DISCONNECT to be sent; other work waits meanwhile."""


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


class Connection:
    """One connection, from its CONNACK to its end."""

    limits: Limits

    def __init__(self, client_id: str, timeout: float, *, acknowledges_itself: bool = True) -> None:
        """`acknowledges_itself`: whether messages of QoS 1 are acknowledged when they arrive."""
        self._client_id = client_id
        self._timeout = timeout
        # From the network thread; None at the end of the connection.
        self._connack: SimpleQueue[tuple[ReasonCode, Properties | None] | None] = SimpleQueue()
        self._suback: SimpleQueue[list[ReasonCode] | None] = SimpleQueue()
        self._open = False
        self._has_ended = Event()
        self.ending: Ending | None = None
        """How it ended; None while it is open, or if this side closed it."""
        self._client = Client(
            CallbackAPIVersion.VERSION2,
            client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,
            manual_ack=not acknowledges_itself,
        )
        # The jobs log every end of a connection; paho would add lines of its own.
        self._client.disable_logger()
        self._client.connect_timeout = timeout
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_subscribe = self._on_subscribe

    def is_open(self) -> bool:
        return self._open

    @property
    def patience(self) -> float:
        """Seconds that `subscribe` waits for an answer."""
        return min(self._timeout, _PATIENCE)

    def subscribe(self, topics: Sequence[tuple[str, SubscribeOptions]]) -> list[ReasonCode] | None:
        """Subscribe to topics. Returns the broker's answers in their order, or None without any."""
        result, _ = self._client.subscribe(list(topics))
        if result != MQTTErrorCode.MQTT_ERR_SUCCESS:
            return None
        try:
            return self._suback.get(timeout=self.patience)
        except Empty:
            return None

    def close(self) -> None:
        """Send a DISCONNECT and close the connection, in bounded time: a broker that no longer reads gets none."""
        self._open = False
        result = self._client.disconnect()
        if result == MQTTErrorCode.MQTT_ERR_SUCCESS and not self._has_ended.wait(
            min(self._timeout, _PATIENCE)
        ):
            self._cut()
        # If the network thread ends just now, paho has no thread left to wait for.
        with suppress(AttributeError):
            self._client.loop_stop()

    def _cut(self) -> None:
        """Let the network thread read the end of the connection: it would wait until the DISCONNECT is sent."""
        connected = self._client.socket()
        if isinstance(connected, socket.socket):
            with suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)

    def _connect(self, broker: Broker, *, clean_start: bool = True, **properties: int) -> None:
        """Connect, or raise `BrokerUnavailable`. `properties`: of the CONNECT packet, by paho's names."""
        try:
            self._try_to_connect(broker, clean_start=clean_start, **properties)
        except BrokerUnavailable:
            self.close()
            raise

    def _try_to_connect(self, broker: Broker, *, clean_start: bool, **given: int) -> None:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # it has no types
        properties.MaximumPacketSize = _LARGEST_RECEIVED
        for name, value in given.items():
            setattr(properties, name, value)
        try:
            if broker.tls:
                self._client.tls_set_context(ssl.create_default_context(cafile=broker.ca_file))
            if broker.username is not None:
                self._client.username_pw_set(broker.username, broker.password)
            self._client.connect(
                broker.host, broker.port, _KEEPALIVE, clean_start=clean_start, properties=properties
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
        self._open = True

    def _ended(self) -> None:
        """Wake what waits for the connection. Called by the network thread at its end."""

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
        self._has_ended.set()
        self._connack.put(None)
        self._suback.put(None)
        self._ended()

    def _on_subscribe(
        self,
        _client: Client,
        _data: Any,
        _mid: int,
        answers: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        self._suback.put(answers)
