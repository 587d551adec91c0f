"""What devices hear of uploads, through a real broker."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.api import created
from tests.support.depot import Depot
from tests.support.listener import Listener, ReceivedMessage
from tests.support.mosquitto import Mosquitto
from tests.support.relaying import barrier
from tests.support.signing import timestamp

TOPIC = "iotsupport/updates/assets"


def restart_hint(name: str) -> ReceivedMessage:
    return ReceivedMessage(TOPIC, f'{{"filename": "{name}"}}'.encode(), retained=False)


def test_an_upload_is_heard(
    start_depot: Callable[..., Depot], database_url: str, broker: Mosquitto, listener: Listener
) -> None:
    """Each stored upload, once it can be fetched, and nothing else: no refusal, no deletion; nothing is retained."""
    depot = start_depot(database_url, workers=1, MQTT_URL=broker.url)
    time = timestamp()
    path = depot.uploaded("firmware.bin", b"firmware")
    assert [restart_hint("firmware.bin")] == listener.wait_for(1)
    assert b"firmware" == depot.client.get(path).body
    listener.forget()

    assert 200 == depot.upload("firmware.bin", b"newer", time=time).status
    assert [restart_hint("firmware.bin")] == listener.wait_for(1)
    listener.forget()

    assert 409 == depot.upload("firmware.bin", b"evil", time=time).status
    assert 403 == depot.upload("other.bin", b"evil", time="2020-01-01T00:00:00Z").status
    assert 204 == depot.client.request("DELETE", path).status
    depot.uploaded("last.bin", b"last")
    assert [restart_hint("last.bin")] == listener.wait_for(1)
    with Listener(broker.port) as late:
        barrier(broker.port, late)
        assert [] == late.received(TOPIC)


def test_an_upload_while_the_broker_is_silent_is_heard_later(
    start_depot: Callable[..., Depot], sqlite_url: str, broker: Mosquitto, listener: Listener
) -> None:
    """It is stored all the same; two uploads of one name wait as one, beside the change of a config."""
    depot = start_depot(sqlite_url, workers=1, MQTT_URL=broker.url)
    broker.pause()
    for content in (b"first", b"second"):
        depot.uploaded("firmware.bin", content)
    created(depot.client, {})
    waiting = depot.client.get("/api/health").json()["notifications"]["pending"]
    broker.resume()

    assert 2 == waiting
    assert {restart_hint("firmware.bin")} == {*listener.wait_for(1, TOPIC)}
    listener.wait_for(1, "updates/configs")
