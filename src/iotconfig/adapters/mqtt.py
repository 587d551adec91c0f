"""Announcements over MQTT 5, QoS 1 (paho-mqtt).

What paho does by itself is of no use to a relay: it queues what is published
while there is no connection and sends it later, and its reconnecting sends old
messages again, behind newer ones. So each connection is a client of its own,
nothing is published before its CONNACK, and what was not answered is forgotten
with it: the database has it still.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterator, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Final, Self
from urllib.parse import unquote, urlsplit

from attrs import field, frozen
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from iotconfig.domain.errors import BrokerUnavailable, ValidationFailed
from iotconfig.domain.notifications import Announcement, Kind
from iotconfig.domain.ports import Receipt

from .codec import to_json

log = logging.getLogger(__name__)

_PORTS: Final = {"mqtt": 1883, "mqtts": 8883}
_KEEPALIVE: Final = 15
_QOS: Final = 1


@frozen
class Broker:
    """Which broker, and how to sign in. `str()` shows no password."""

    host: str
    port: int
    tls: bool
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    """Certificates to trust instead of the system's."""

    @classmethod
    def parse(
        cls, url: str, username: str | None = None, password: str | None = None, ca_file: Path | None = None
    ) -> Self:
        """Read `mqtt://host[:1883]` or `mqtts://host[:8883]`, with `user:password@` or without.

        Raises `ValidationFailed` for anything else.
        """
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            port = -1
        if (
            parts.scheme not in _PORTS
            or not parts.hostname
            or port == -1
            or parts.path.strip("/")
            or parts.query
        ):
            raise ValidationFailed("expected mqtt://host[:1883] or mqtts://host[:8883]")
        return cls(
            host=parts.hostname,
            port=port or _PORTS[parts.scheme],
            tls=parts.scheme == "mqtts",
            username=username or (unquote(parts.username) if parts.username else None),
            password=password or (unquote(parts.password) if parts.password else None),
            ca_file=ca_file,
        )

    def __str__(self) -> str:
        return f"{'mqtts' if self.tls else 'mqtt'}://{self.host}:{self.port}"


@frozen
class _Message:
    """One message, and the announcement in a batch that it belongs to."""

    index: int
    is_nudge: bool
    topic: str
    payload: str


class MqttPublisher:
    """`Publisher` on one broker."""

    def __init__(
        self, broker: Broker, *, prefix: str, client_id: str, window: int = 100, timeout: float = 10.0
    ) -> None:
        """`prefix`: of all topics. `client_id`: one for all relays, so that a new one ends the old one's session.

        `window`: messages on their way at the same time; a broker that allows fewer has its way.
        `timeout`: seconds without an answer after which the broker counts as away.
        """
        self._broker = broker
        self._prefix = prefix
        self._client_id = client_id
        self._window = window
        self._timeout = timeout
        self._session: _Session | None = None

    def connect(self) -> None:
        if self._session is not None and self._session.is_open():
            return
        self.disconnect()
        self._session = _Session(self._broker, self._client_id, self._window, self._timeout)
        log.info("relay: connected to %s", self._broker)

    def publish(self, announcements: Sequence[Announcement]) -> Sequence[Receipt | None]:
        messages = [
            message
            for index, announcement in enumerate(announcements)
            for message in self._messages(index, announcement)
        ]
        if self._session is None:
            return [None] * len(announcements)
        return _receipts(len(announcements), messages, self._session.publish(messages))

    def disconnect(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    def _messages(self, index: int, announcement: Announcement) -> Iterator[_Message]:
        """State first: a device that a nudge wakes finds the new one."""
        subject, state = announcement.subject, announcement.state
        if state is not None:
            topic = f"{self._prefix}/devices/{subject.key}/config"
            payload = {
                "mac_address": subject.key,
                "revision": state.revision,
                "etag": state.etag,
                "updated_at": state.updated_at,
            }
            yield _Message(index, False, topic, "" if state.etag is None else to_json(payload))
        if announcement.nudge:
            is_config = subject.kind is Kind.CONFIG
            name = f"{subject.key}.json" if is_config else subject.key
            topic = f"{self._prefix}/updates/{'configs' if is_config else 'assets'}"
            yield _Message(index, True, topic, to_json({"filename": name}))


def _receipts(
    count: int, messages: Sequence[_Message], answers: Sequence[ReasonCode | None]
) -> list[Receipt | None]:
    refused: list[dict[bool, str]] = [{} for _ in range(count)]
    unanswered: set[int] = set()
    for message, answer in zip(messages, answers, strict=True):
        if answer is None:
            unanswered.add(message.index)
        elif answer.is_failure:
            refused[message.index][message.is_nudge] = f"{answer} ({message.topic})"
    return [
        None
        if index in unanswered
        else Receipt(
            nudged=True not in errors,
            stated=False not in errors,
            error="; ".join(errors.values()) or None,
        )
        for index, errors in enumerate(refused)
    ]


class _Session:
    """One connection, from its CONNACK to its end."""

    def __init__(self, broker: Broker, client_id: str, window: int, timeout: float) -> None:
        self._window = window
        self._timeout = timeout
        # What the network thread heard: message ids with their answers; None when the connection ended.
        self._heard: SimpleQueue[tuple[int, ReasonCode] | None] = SimpleQueue()
        self._connack: SimpleQueue[tuple[ReasonCode, Properties | None] | None] = SimpleQueue()
        self._open = False
        self._client = Client(
            CallbackAPIVersion.VERSION2,
            client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,
        )
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

    def publish(self, messages: Sequence[_Message]) -> list[ReasonCode | None]:
        """Send all, at most `window` at a time unanswered, and return the answers; None where there was none."""
        answers: list[ReasonCode | None] = [None] * len(messages)
        under_way: dict[int, int] = {}
        following = 0
        while following < len(messages) or under_way:
            while following < len(messages) and len(under_way) < self._window:
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
                return answers
            mid, answer = heard
            if mid in under_way:
                answers[under_way.pop(mid)] = answer
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
        _answer: ReasonCode,
        _more: Properties | None,
    ) -> None:
        self._open = False
        self._connack.put(None)
        self._heard.put(None)

    def _on_publish(
        self, _client: Client, _data: Any, mid: int, answer: ReasonCode, _properties: Properties
    ) -> None:
        self._heard.put((mid, answer))
