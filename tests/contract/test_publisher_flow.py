"""`Publisher` over MQTT: how much is under way, and what becomes of it when the broker falls silent."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import pytest

from iotconfig.domain.announcing.ports import Receipt
from tests.support.listener import Listener
from tests.support.mosquitto import Mosquitto
from tests.support.scripted_broker import scripted_broker

from .publishers import TAKEN, publisher_on
from .queues import asset, change


def _is_untold(receipts: Sequence[Receipt | None]) -> bool:
    """Whether none counts as told; how a connection's end shows depends on who notices first."""
    return all(receipt is None or receipt.connection_closed for receipt in receipts)


@pytest.mark.parametrize(
    ("window", "allowed"),
    [
        pytest.param(3, 100, id="the-setting"),
        pytest.param(100, 3, id="the-brokers-receive-maximum"),
        pytest.param(1, 1, id="one-at-a-time"),
    ],
)
def test_no_more_is_under_way_than_the_window(window: int, allowed: int) -> None:
    """A session begins with one message, adds one with each answer, in any order, and stops at its limit."""
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
    """Each arrives once, each device's state before its hint."""
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


def test_a_broker_with_a_small_window_of_its_own(broker: Mosquitto) -> None:
    """Its receive maximum of 20 is kept to, though the setting allows 10,000."""
    with publisher_on(broker.url, window=10_000) as publisher:
        publisher.connect()

        assert [TAKEN] * 2000 == list(publisher.publish([change(number) for number in range(2000)]))


def test_a_broker_that_falls_silent_is_noticed(broker: Mosquitto) -> None:
    """Nothing is counted as told, the wait is bounded, and afterwards all is as before."""
    with publisher_on(broker.url, timeout=1) as publisher:
        publisher.connect()
        broker.pause()
        started = monotonic()

        receipts = publisher.publish([change(number) for number in range(300)])

        assert [None] * 300 == list(receipts)
        publisher.disconnect()
        assert monotonic() - started < 8
        broker.resume()
        publisher.connect()
        assert [TAKEN] == list(publisher.publish([change(1)]))


def test_answers_that_came_before_the_silence_count() -> None:
    """What the broker took is told, and only the rest is told again."""
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


def test_without_a_connection_nothing_is_told(broker: Mosquitto) -> None:
    """And it is not sent later, when there is one: a newer message may have gone before it."""
    with publisher_on(broker.url) as publisher:
        assert [None, None] == list(publisher.publish([change(1), change(2)]))
        publisher.connect()
        broker.kill()
        assert _is_untold(publisher.publish([change(3)]))
        broker.start()
        with Listener(broker.port) as listener:
            publisher.connect()
            publisher.publish([change(4)])
            publisher.publish([asset("end")])
            received = listener.wait_for(3)

    assert {change(4).subject.key} == {m.json()["mac_address"] for m in received if "mac_address" in m.json()}
    assert 3 == len(received)


def test_a_new_relay_ends_the_session_of_the_old_one(broker: Mosquitto) -> None:
    """One client id for all: who lost the lease without noticing is fenced by the broker."""
    with (
        Listener(broker.port) as listener,
        publisher_on(broker.url) as old,
        publisher_on(broker.url) as new,
    ):
        old.connect()
        assert [TAKEN] == list(old.publish([change(1, 1)]))
        new.connect()
        assert [TAKEN] == list(new.publish([change(1, 2)]))

        assert _is_untold(old.publish([change(1, 1)]))

        assert [TAKEN] == list(new.publish([asset("end")]))
        received = listener.wait_for(5)
    assert [1, 2] == [m.json()["revision"] for m in received if m.topic.endswith("/config")]
    assert 5 == len(received)


def test_the_old_relay_may_come_back(broker: Mosquitto) -> None:
    """Connecting again takes the session back: only a lease says who may."""
    with publisher_on(broker.url) as old, publisher_on(broker.url) as new:
        old.connect()
        new.connect()
        assert _is_untold(old.publish([change(1)]))
        old.disconnect()

        old.connect()

        assert [TAKEN] == list(old.publish([change(1)]))
        assert _is_untold(new.publish([change(1)]))
