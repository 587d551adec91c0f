"""The contract of `Subscription`: no message is lost that the broker keeps, and none is trusted to be new that is not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import pytest

from iotconfig.domain.devices.incoming import MAX_KEPT, Incoming, Topic
from iotconfig.domain.devices.incoming_ports import Subscription
from iotconfig.domain.errors import BrokerUnavailable

_PATIENCE = 60.0
"""Seconds."""


class BrokerOfDevices(Protocol):
    """What the suite needs of a broker."""

    def publish(
        self, topic: Topic, device: str, payload: bytes, *, retain: bool = ..., qos: int = ...
    ) -> None:
        """Publish a message as a device does, and return when the broker has it."""
        ...

    def stop(self, *, loses_session: bool = ...) -> None:
        """End all connections, and refuse others until `start`. `loses_session`: retained messages stay."""
        ...

    def start(self) -> None:
        """Accept connections again."""
        ...


def report(number: int, *, is_retained: bool = False) -> Incoming:
    """A report of device 1, as it arrives."""
    return Incoming(Topic.REPORT, DEVICE, str(number).encode(), is_retained=is_retained)


DEVICE = "02:00:00:00:00:01"


def taken(subscription: Subscription, count: int) -> Sequence[Incoming]:
    """Take `count` messages, as they arrive."""
    found: list[Incoming] = []
    while len(found) < count:
        assert subscription.wait(_PATIENCE), f"only {found} arrived"
        assert subscription.is_connected(), f"the connection ended after {found}"
        found.extend(subscription.take(count - len(found)))
    return found


class SubscriptionContract:
    """Needs the fixtures `broker`, a broker of devices without messages, and `subscribe`, which makes subscriptions of
    one installation to it that are not connected yet."""

    @pytest.fixture
    def subscription(self, subscribe: Callable[[], Subscription]) -> Subscription:
        """A subscription that is connected."""
        found = subscribe()
        found.connect(catches_up=False)
        return found

    @pytest.fixture
    def publish(self, broker: BrokerOfDevices) -> Callable[[int], None]:
        """Publishes a report of device 1, which stays at the broker."""
        return lambda number: broker.publish(Topic.REPORT, DEVICE, str(number).encode(), retain=True)

    def test_messages_arrive_in_order(
        self, subscription: Subscription, publish: Callable[[int], None], broker: BrokerOfDevices
    ) -> None:
        """Those of both topics, with what they are; a large one is cut."""
        publish(1)
        broker.publish(Topic.ONLINE, DEVICE, b"online", retain=True)
        broker.publish(Topic.REPORT, "no address", b"\0" * 4096, retain=False, qos=0)

        assert [
            report(1),
            Incoming(Topic.ONLINE, DEVICE, b"online"),
            Incoming(Topic.REPORT, "no address", b"\0" * MAX_KEPT, is_kept=False),
        ] == taken(subscription, 3)
        assert [] == list(subscription.take(10))
        assert not subscription.wait(0)

    def test_no_more_are_taken_than_asked_for(
        self, subscription: Subscription, publish: Callable[[int], None]
    ) -> None:
        """The others wait."""
        for number in (1, 2, 3):
            publish(number)
        assert [report(1), report(2)] == taken(subscription, 2)
        assert [report(3)] == taken(subscription, 1)

    def test_what_is_not_acknowledged_comes_again(
        self,
        subscription: Subscription,
        subscribe: Callable[[], Subscription],
        publish: Callable[[int], None],
    ) -> None:
        """To the process that follows; what was acknowledged before the end of the connection does not."""
        for number in (1, 2, 3):
            publish(number)
        first, *_ = taken(subscription, 3)
        subscription.acknowledge([first])
        # An acknowledgement is not answered, so only the order on one connection says that the broker has it.
        subscription.disconnect()

        other = subscribe()
        other.connect(catches_up=False)

        assert [report(2), report(3)] == taken(other, 2)

    def test_another_subscription_takes_over(
        self,
        subscription: Subscription,
        subscribe: Callable[[], Subscription],
        publish: Callable[[int], None],
    ) -> None:
        """Its connection ends this one, and it gets what was not acknowledged here."""
        for number in (1, 2):
            publish(number)
        taken(subscription, 2)

        other = subscribe()
        other.connect(catches_up=False)

        assert [report(1), report(2)] == taken(other, 2)
        assert subscription.wait(_PATIENCE)
        assert not subscription.is_connected()
        assert [] == list(subscription.take(10))

    def test_what_is_published_meanwhile_arrives_later(
        self, subscription: Subscription, publish: Callable[[int], None]
    ) -> None:
        """The broker keeps the session, so each message arrives, and none as a retained one."""
        subscription.disconnect()
        assert not subscription.is_connected()
        publish(1)
        publish(2)
        subscription.connect(catches_up=False)

        assert [report(1), report(2)] == taken(subscription, 2)

    def test_acknowledgements_of_an_earlier_connection_are_ignored(
        self, subscription: Subscription, publish: Callable[[int], None]
    ) -> None:
        """The broker may have given their numbers to other messages."""
        publish(1)
        earlier = taken(subscription, 1)
        subscription.disconnect()
        subscription.connect(catches_up=False)
        again = taken(subscription, 1)
        subscription.acknowledge(earlier)
        subscription.disconnect()
        subscription.acknowledge(again)
        subscription.connect(catches_up=False)

        assert [report(1)] == taken(subscription, 1)

    def test_a_new_session_begins_with_the_retained_messages(
        self,
        broker: BrokerOfDevices,
        subscribe: Callable[[], Subscription],
        publish: Callable[[int], None],
    ) -> None:
        """Only the last one of each topic is retained, and it says so."""
        publish(1)
        publish(2)
        subscription = subscribe()
        subscription.connect(catches_up=False)
        assert [report(2, is_retained=True)] == taken(subscription, 1)

        publish(3)
        assert [report(3)] == taken(subscription, 1)

    def test_retained_messages_come_again_only_to_catch_up(
        self, subscription: Subscription, publish: Callable[[int], None], broker: BrokerOfDevices
    ) -> None:
        """The broker does not keep messages of QoS 0 for a client that is away, but retains them."""
        publish(1)
        subscription.acknowledge(taken(subscription, 1))
        subscription.disconnect()
        broker.publish(Topic.REPORT, DEVICE, b"2", retain=True, qos=0)
        subscription.connect(catches_up=False)
        publish(3)
        assert [report(3)] == taken(subscription, 1)
        subscription.disconnect()
        broker.publish(Topic.REPORT, DEVICE, b"4", retain=True, qos=0)

        subscription.connect(catches_up=True)
        found = taken(subscription, 2)
        assert [b"3", b"4"] == [message.payload for message in found]
        assert (False, True) == tuple(message.is_retained for message in found)

    def test_a_broker_that_is_away(
        self, subscription: Subscription, broker: BrokerOfDevices, publish: Callable[[int], None]
    ) -> None:
        """The end of the connection wakes who waits. When the broker is back without its sessions, retained messages come."""
        publish(1)
        subscription.acknowledge(taken(subscription, 1))
        broker.stop(loses_session=True)

        assert subscription.wait(_PATIENCE)
        assert not subscription.is_connected()
        with pytest.raises(BrokerUnavailable):
            subscription.connect(catches_up=False)
        broker.start()
        subscription.connect(catches_up=False)

        assert [report(1, is_retained=True)] == taken(subscription, 1)
