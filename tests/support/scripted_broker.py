"""A broker that answers on command: the few packets of MQTT 5 that a relay and a subscriber need, over a real socket."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager

_CONNECT, _PUBLISH, _SUBSCRIBE = 1, 3, 8


class ScriptedBroker:
    """One connection of one publisher."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._connection: socket.socket | None = None
        self.port: int = listener.getsockname()[1]

    def accept(self, receive_maximum: int = 100, *more: bytes, reason: int = 0) -> None:
        """Accept a client, with the receive maximum and other properties of the CONNACK.

        A `reason` from 0x80 on refuses the client instead.
        """
        self.close()
        self._connection, _ = self._listener.accept()
        self._connection.settimeout(20)
        kind, _ = self._packet()
        assert _CONNECT == kind
        properties = b"".join([struct.pack("!BH", 0x21, receive_maximum), *more])
        body = bytes([0, reason, len(properties)]) + properties
        self._connection.sendall(b"\x20" + bytes([len(body)]) + body)

    def end(self, reason: int, *properties: bytes) -> None:
        """End the connection with a DISCONNECT."""
        assert self._connection is not None
        body = bytes([reason, len(b"".join(properties))]) + b"".join(properties)
        self._connection.sendall(b"\xe0" + bytes([len(body)]) + body)
        self._connection.close()

    def publishes(self, count: int) -> list[int]:
        """Return the message ids of the next publishes."""
        found: list[int] = []
        while len(found) < count:
            kind, body = self._packet()
            if kind == _PUBLISH:
                length = int.from_bytes(body[:2])
                found.append(int.from_bytes(body[2 + length : 4 + length]))
        return found

    def is_quiet(self, seconds: float) -> bool:
        """Whether nothing arrives for this many seconds."""
        assert self._connection is not None
        self._connection.settimeout(seconds)
        try:
            return not self._connection.recv(1, socket.MSG_PEEK)
        except TimeoutError:
            return True
        finally:
            self._connection.settimeout(20)

    def answer(self, *message_ids: int, reason: int = 0) -> None:
        """Acknowledge publishes in this order; a `reason` from 0x80 on refuses them."""
        assert self._connection is not None
        for message_id in message_ids:
            self._connection.sendall(struct.pack("!BBHB", 0x40, 3, message_id, reason))

    def subscription(self) -> tuple[int, dict[str, int]]:
        """Return the message id of the next subscription, and the options of each of its topics."""
        kind, body = self._packet()
        assert _SUBSCRIBE == kind
        # No properties are expected.
        assert body[2] == 0
        rest, options = body[3:], {}
        while rest:
            end = 2 + int.from_bytes(rest[:2])
            options[rest[2:end].decode()] = rest[end]
            rest = rest[end + 1 :]
        return int.from_bytes(body[:2]), options

    def grant(self, message_id: int, *answers: int) -> None:
        """Answer a subscription."""
        assert self._connection is not None
        body = struct.pack("!HB", message_id, 0) + bytes(answers)
        self._connection.sendall(b"\x90" + bytes([len(body)]) + body)

    def send(self, topic: bytes, payload: bytes, count: int = 1) -> None:
        """Send a retained message of QoS 0, so many times."""
        assert self._connection is not None
        body = struct.pack("!H", len(topic)) + topic + b"\0" + payload
        assert len(body) < 0x80
        self._connection.sendall((b"\x31" + bytes([len(body)]) + body) * count)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def _packet(self) -> tuple[int, bytes]:
        first = self._read(1)[0]
        length = shift = 0
        while True:
            digit = self._read(1)[0]
            length |= (digit & 0x7F) << shift
            shift += 7
            if digit < 0x80:
                return first >> 4, self._read(length)

    def _read(self, count: int) -> bytes:
        assert self._connection is not None
        data = b""
        while len(data) < count:
            more = self._connection.recv(count - len(data))
            assert more, "the publisher hung up"
            data += more
        return data


@contextmanager
def scripted_broker() -> Iterator[ScriptedBroker]:
    """A broker that accepts one publisher."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        broker = ScriptedBroker(listener)
        try:
            yield broker
        finally:
            broker.close()
