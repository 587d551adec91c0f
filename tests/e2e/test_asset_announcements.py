"""The messages that devices receive after uploads, through a real broker."""

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


def test_an_upload_is_published(
    start_depot: Callable[..., Depot], database_url: str, broker: Mosquitto, listener: Listener
) -> None:
    """Each stored upload, once it can be fetched; no refusal and no deletion; nothing is retained."""
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


def test_an_upload_is_published_after_an_outage_of_the_broker(
    start_depot: Callable[..., Depot], sqlite_url: str, broker: Mosquitto, listener: Listener
) -> None:
    """It is stored; two uploads of one name are one pending message, beside the change of a config."""
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
