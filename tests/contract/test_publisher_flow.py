"""`Publisher` over MQTT: the window of unacknowledged messages, and silent brokers."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from iotconfig.domain.announcing.ports import Receipt
from tests.support.listener import Listener
from tests.support.mosquitto import Mosquitto
from tests.support.scripted_broker import scripted_broker

from .publishers import TAKEN, publisher_on
from .queues import asset, change


def _is_undelivered(receipts: Sequence[Receipt | None]) -> bool:
    """Whether no announcement counts as delivered; which side sees the end of the connection first varies."""
    return all(receipt is None or receipt.connection_closed for receipt in receipts)


@pytest.mark.parametrize(
    ("window", "allowed"),
    [
        pytest.param(3, 100, id="the-setting"),
        pytest.param(100, 3, id="the-brokers-receive-maximum"),
        pytest.param(1, 1, id="one-at-a-time"),
    ],
)
def test_the_window_is_not_exceeded(window: int, allowed: int) -> None:
    """It starts at one message, grows by one with each answer in any order, and has a limit."""
    limit = min(window, allowed)
    with (
        ThreadPoolExecutor(1) as threads,
        scripted_broker() as broker,
        publisher_on(f"mqtt://127.0.0.1:{broker.port}", window=window) as publisher,
    ):
        connecting = threads.submit(publisher.connect)
        broker.accept(receive_maximum=allowed)
        connecting.result(20)
        publishing = threads.submit(publisher.publish, [asset(f"{number}.bin") for number in range(7)])
        under_way, sent, most = broker.publishes(1), 1, 1
        for answered in range(1, 8):
            assert broker.is_quiet(0.05)
            broker.answer(under_way.pop())
            more = min(min(limit, 1 + answered) - len(under_way), 7 - sent)
            under_way += broker.publishes(more)
            sent, most = sent + more, max(most, len(under_way))

        assert [TAKEN] * 7 == list(publishing.result(20))
        assert limit == most


def test_many_more_messages_than_the_window(broker: Mosquitto) -> None:
    """Each message arrives once, the state of each device before its hint."""
    count = 1000
    with Listener(broker.port) as listener, publisher_on(broker.url, window=7) as publisher:
        publisher.connect()
        receipts = publisher.publish([change(number) for number in range(count)])
        received = listener.wait_for(2 * count)

    assert [TAKEN] * count == list(receipts)
    assert 2 * count == len(received)
    names = [
        m.json()["mac_address"] if "mac_address" in m.json() else m.json()["filename"][:-5] for m in received
    ]
    assert [str(change(number).subject.key) for number in range(count)] == names[::2] == names[1::2]


def test_the_receive_maximum_of_the_broker_is_kept(broker: Mosquitto) -> None:
    """The broker's 20 limits the window though the setting allows 10,000."""
    with publisher_on(broker.url, window=10_000) as publisher:
        publisher.connect()

        assert [TAKEN] * 2000 == list(publisher.publish([change(number) for number in range(2000)]))


def test_a_broker_that_falls_silent_is_noticed(broker: Mosquitto) -> None:
    """No announcement counts as delivered, and the next connection works.

    There is one wait for all announcements: one for each would exceed the test's time limit.
    """
    with publisher_on(broker.url, timeout=1) as publisher:
        publisher.connect()
        broker.pause()

        receipts = publisher.publish([change(number) for number in range(300)])

        assert [None] * 300 == list(receipts)
        publisher.disconnect()
        broker.resume()
        publisher.connect()
        assert [TAKEN] == list(publisher.publish([change(1)]))


def test_answers_that_came_before_the_silence_count() -> None:
    """Only the unacknowledged messages are published again."""
    with (
        ThreadPoolExecutor(1) as threads,
        scripted_broker() as broker,
        publisher_on(f"mqtt://127.0.0.1:{broker.port}", timeout=1) as publisher,
    ):
        connecting = threads.submit(publisher.connect)
        broker.accept(receive_maximum=100)
        connecting.result(20)
        publishing = threads.submit(publisher.publish, [asset("a"), change(1), asset("b"), asset("c")])
        broker.answer(*broker.publishes(1))
        state, _hint = broker.publishes(2)
        broker.answer(state)
        b, _c = broker.publishes(2)
        broker.answer(b)

        assert [TAKEN, None, TAKEN, None] == list(publishing.result(20))


def test_without_a_connection_nothing_is_published(broker: Mosquitto) -> None:
    """The messages are not sent by a later connection either: a newer one may have preceded them."""
    with publisher_on(broker.url) as publisher:
        assert [None, None] == list(publisher.publish([change(1), change(2)]))
        publisher.connect()
        broker.kill()
        assert _is_undelivered(publisher.publish([change(3)]))
        broker.start()
        with Listener(broker.port) as listener:
            publisher.connect()
            publisher.publish([change(4)])
            publisher.publish([asset("end")])
            received = listener.wait_for(3)

    assert {change(4).subject.key} == {m.json()["mac_address"] for m in received if "mac_address" in m.json()}
    assert 3 == len(received)


def test_a_new_relay_ends_the_session_of_the_old_one(broker: Mosquitto) -> None:
    """All relays have one client id, so the broker disconnects a relay that lost its lease."""
    with (
        Listener(broker.port) as listener,
        publisher_on(broker.url) as old,
        publisher_on(broker.url) as new,
    ):
        old.connect()
        assert [TAKEN] == list(old.publish([change(1, 1)]))
        new.connect()
        assert [TAKEN] == list(new.publish([change(1, 2)]))

        assert _is_undelivered(old.publish([change(1, 1)]))

        assert [TAKEN] == list(new.publish([asset("end")]))
        received = listener.wait_for(5)
    assert [1, 2] == [m.json()["revision"] for m in received if m.topic.endswith("/config")]
    assert 5 == len(received)


def test_the_old_relay_can_take_the_session_back(broker: Mosquitto) -> None:
    """The client id does not replace the lease."""
    with publisher_on(broker.url) as old, publisher_on(broker.url) as new:
        old.connect()
        new.connect()
        assert _is_undelivered(old.publish([change(1)]))
        old.disconnect()

        old.connect()

        assert [TAKEN] == list(old.publish([change(1)]))
        assert _is_undelivered(new.publish([change(1)]))
