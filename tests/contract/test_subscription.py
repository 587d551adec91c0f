"""`Subscription`: the shipped suite, in memory and over MQTT."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from iotconfig.adapters.memory.subscription import MemoryBroker, MemorySubscription
from iotconfig.adapters.mqtt import Broker, MqttSubscription
from iotconfig.domain.devices.incoming_ports import Subscription
from iotconfig.testing import SubscriptionContract
from tests.support.device_broker import PREFIX, DeviceBroker

CLIENT_ID = "iotconfig0123456789abcd"


class TestMemorySubscription(SubscriptionContract):
    """The reference."""

    @pytest.fixture
    def broker(self) -> MemoryBroker:
        """A broker without messages."""
        return MemoryBroker()

    @pytest.fixture
    def subscribe(self, broker: MemoryBroker) -> Callable[[], Subscription]:
        """Makes subscriptions."""
        return lambda: MemorySubscription(broker)


class _Restarting(DeviceBroker):
    """A broker that can lose the session of the subscriptions."""

    def stop(self, *, loses_session: bool = False) -> None:
        if loses_session:
            self.forget_session(CLIENT_ID)
        super().stop()


class TestMqttSubscription(SubscriptionContract):
    """On a real broker."""

    @pytest.fixture
    def broker(self, tmp_path: Path) -> Iterator[_Restarting]:
        """A broker without messages."""
        broker = _Restarting(tmp_path)
        yield broker
        broker.stop()

    @pytest.fixture
    def subscribe(self, broker: DeviceBroker) -> Iterator[Callable[[], Subscription]]:
        """Makes subscriptions with one client id."""
        with ExitStack() as stack:

            def make() -> Subscription:
                made = MqttSubscription(
                    Broker.parse(broker.url), prefix=PREFIX, client_id=CLIENT_ID, window=10, timeout=10
                )
                stack.callback(made.disconnect)
                return made

            yield make
