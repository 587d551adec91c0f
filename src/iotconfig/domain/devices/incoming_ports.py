"""The ports of messages from devices. The docstrings are the contracts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from iotconfig.domain.mac import MacAddress

from .incoming import Incoming, LastMessages


class Subscription(Protocol):
    """The messages of devices at a broker, which keeps those that are not acknowledged. Used by one thread."""

    def is_connected(self) -> bool:
        """Return whether there is a connection that has not ended."""
        ...

    def connect(self, *, catches_up: bool) -> None:
        """Connect and subscribe in bounded time, in place of a connection that has ended.

        Connecting ends the session of every other subscription of this installation. The broker then sends what
        it kept since; a new session begins with the retained messages. Messages that were not acknowledged come again.

        catches_up: whether retained messages come again in a session that goes on, too: those of devices whose
        messages the broker does not keep.

        Raises `BrokerUnavailable`.
        """
        ...

    def ending(self) -> str | None:
        """Return why the broker ended the connection, where it said so; None otherwise."""
        ...

    def take(self, limit: int) -> Sequence[Incoming]:
        """Remove and return up to `limit` messages that arrived on this connection, in their order, without waiting."""
        ...

    def wait(self, seconds: float) -> bool:
        """Wait for up to `seconds`. Returns True, early, where a message arrived or the connection ended."""
        ...

    def acknowledge(self, messages: Sequence[Incoming]) -> None:
        """Let the broker forget messages. Those of an earlier connection are ignored: they come again.

        Does not wait for the broker: if the connection ends before it has the acknowledgement, they come again, too.
        """
        ...

    def disconnect(self) -> None:
        """Close the connection, if there is one. The broker keeps the session, without what was acknowledged before."""
        ...


class LastMessageStore(Protocol):
    """Stores what each device said last over the broker. All methods may raise `StoreUnavailable`."""

    def of(self, mac_addresses: Collection[MacAddress]) -> Mapping[MacAddress, LastMessages]:
        """Return what is stored of these devices; those of which nothing is are left out."""
        ...

    def write(self, messages: Sequence[LastMessages]) -> None:
        """Store these in place of earlier ones of their devices, and remove empty ones, in one transaction.

        Each device is there once. Raises `StoreFull`.
        """
        ...

    def has_unkept(self) -> bool:
        """Return whether there is a device whose messages the broker does not keep."""
        ...
