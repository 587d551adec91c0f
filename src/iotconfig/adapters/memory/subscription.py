"""A broker with one session in memory, and the subscription to it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from threading import Condition

from attrs import define, evolve, field

from iotconfig.domain.devices.incoming import MAX_KEPT, MAX_LEVEL, Incoming, Topic
from iotconfig.domain.errors import BrokerUnavailable


@define
class MemoryBroker:
    """The messages of devices, and the session of the one client that subscribes. Threads may share it."""

    changed: Condition = field(init=False, factory=Condition, repr=False)
    """Held while the session is read or changed; notified when something arrives or the connection ends."""
    arrived: list[Incoming] = field(init=False, factory=list)
    """What was sent on the connection, and not taken from it."""
    connection: int | None = field(init=False, default=None)
    """The number of the connection; None without one."""
    _retained: dict[tuple[Topic, str], Incoming] = field(init=False, factory=dict)
    _kept: dict[int, Incoming] = field(init=False, factory=dict)
    """Messages that were not acknowledged."""
    _has_session: bool = field(init=False, default=False)
    _is_away: bool = field(init=False, default=False)
    _numbers: count[int] = field(init=False, factory=lambda: count(1))

    def publish(
        self, topic: Topic, device: str, payload: bytes, *, retain: bool = True, qos: int = 1
    ) -> None:
        """Publish a message as a device does. An empty one that is retained clears the topic."""
        message = Incoming(topic, device[:MAX_LEVEL], payload[:MAX_KEPT], is_kept=bool(qos))
        with self.changed:
            if retain and payload:
                self._retained[topic, device] = message
            elif retain:
                self._retained.pop((topic, device), None)
            if self._has_session:
                self._send(message)
            self.changed.notify_all()

    def stop(self, *, loses_session: bool = False) -> None:
        """End the connection, and refuse others until `start`."""
        with self.changed:
            self._is_away, self.connection = True, None
            if loses_session:
                self._has_session = False
                self._kept.clear()
            self.changed.notify_all()

    def start(self) -> None:
        """Accept connections again."""
        self._is_away = False

    def connect(self, *, catches_up: bool) -> int:
        """Begin a connection in place of an earlier one. Raises `BrokerUnavailable`."""
        with self.changed:
            if self._is_away:
                raise BrokerUnavailable("the broker in memory is away")
            self.connection = next(self._numbers)
            again, self._kept = self._kept, {}
            self.arrived.clear()
            for message in again.values():
                self._send(message)
            if catches_up or not self._has_session:
                for message in self._retained.values():
                    self._send(evolve(message, is_retained=True))
            self._has_session = True
            return self.connection

    def acknowledge(self, messages: Sequence[Incoming]) -> None:
        """Forget messages of the connection."""
        with self.changed:
            for message in messages:
                self._kept.pop(message.receipt, None)  # type: ignore[call-overload] # a number, given below

    def _send(self, message: Incoming) -> None:
        number = next(self._numbers)
        message = evolve(message, receipt=number)
        if message.is_kept:
            self._kept[number] = message
        if self.connection is not None:
            self.arrived.append(message)


@define
class MemorySubscription:
    """`Subscription` to a broker in memory."""

    _broker: MemoryBroker
    _connection: int | None = field(init=False, default=None)

    def is_connected(self) -> bool:
        return self._connection is not None and self._connection == self._broker.connection

    def connect(self, *, catches_up: bool) -> None:
        if not self.is_connected():
            self._connection = self._broker.connect(catches_up=catches_up)

    def ending(self) -> None:
        return None

    def take(self, limit: int) -> Sequence[Incoming]:
        with self._broker.changed:
            if not self.is_connected():
                return []
            taken = self._broker.arrived[:limit]
            del self._broker.arrived[:limit]
            return taken

    def wait(self, seconds: float) -> bool:
        with self._broker.changed:
            return self._broker.changed.wait_for(
                lambda: bool(self._broker.arrived) or not self.is_connected(), seconds
            )

    def acknowledge(self, messages: Sequence[Incoming]) -> None:
        if self.is_connected():
            self._broker.acknowledge(messages)

    def disconnect(self) -> None:
        with self._broker.changed:
            if self.is_connected():
                self._broker.connection = None
            self._connection = None
