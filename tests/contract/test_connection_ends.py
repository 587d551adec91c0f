"""Connections to a broker: closing one takes bounded time, whatever the broker does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Thread, current_thread

import pytest
from paho.mqtt.client import Client

from iotconfig.adapters.mqtt.broker import Broker
from iotconfig.adapters.mqtt.message import Message
from iotconfig.adapters.mqtt.session import Session
from tests.support.scripted_broker import ScriptedBroker, scripted_broker

_NO_KEEP_ALIVE = b"\x13\x00\x00"
"""The property of a CONNACK with which the broker turns paho's own time-out off."""

_LARGE = Message(0, True, "iotsupport/large", "x" * 1_000_000, is_retained=False)


def _connected(broker: ScriptedBroker, *properties: bytes) -> Session:
    address = Broker.parse(f"mqtt://127.0.0.1:{broker.port}")
    with ThreadPoolExecutor(1) as threads:
        connecting = threads.submit(Session, address, "a", window=1, timeout=20)
        broker.accept(100, *properties)
        return connecting.result(20)


def test_a_broker_that_no_longer_reads() -> None:
    """The DISCONNECT cannot be sent, and the connection is cut."""
    with scripted_broker() as broker:
        session = _connected(broker, _NO_KEEP_ALIVE)
        for _ in range(50):
            session.send(_LARGE)

        closing = Thread(target=session.close, daemon=True)
        closing.start()
        closing.join(30)

        assert not closing.is_alive()
        assert not session.is_open()


class _EndsInBetween:
    """paho's attribute with its thread: while paho waits for the thread, it ends before the attribute is read again."""

    def __get__(self, client: Client, _owner: type) -> Thread | None:
        thread: Thread | None = client.__dict__.get("network")
        if thread is not None and client._thread_terminate and current_thread() is not thread:
            thread.join(20)
        return client.__dict__.get("network")

    def __set__(self, client: Client, thread: Thread | None) -> None:
        client.__dict__["network"] = thread


def test_a_connection_that_ends_while_it_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is closed, without an error from paho."""
    monkeypatch.setattr(Client, "_thread", _EndsInBetween(), raising=False)
    with scripted_broker() as broker:
        session = _connected(broker)
        session.close()
        session.close()
        assert not session.is_open()
