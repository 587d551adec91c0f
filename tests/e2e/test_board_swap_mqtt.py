"""The messages after a board swap, undo operations, and bulk changes."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.support.api import created, new_mac
from tests.support.listener import Listener, ReceivedMessage
from tests.support.mosquitto import Mosquitto
from tests.support.serving import Serve
from tests.support.waiting import wait_until

from .test_announcements import expect_both, nothing_pending, restart_hint, retained_topic, state


@pytest.fixture
def announcing(
    start_serve: Callable[..., Serve], database_url: str, broker: Mosquitto, listener: Listener
) -> Serve:
    """A service and a subscriber; announcements do not depend on the database, and their storage has contract tests."""
    return start_serve(database_url, workers=1, MQTT_URL=broker.url)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_swap_clears_one_board_and_announces_the_other(
    announcing: Serve, broker: Mosquitto, listener: Listener
) -> None:
    """Later subscribers get only the retained message of the new board."""
    client = announcing.client
    config = created(client, {"a": 1})
    expect_both(listener, config)
    path = f"/api/configs/{config['id']}"
    moved = client.send_json("POST", f"{path}/replace-device", {"mac_address": new_mac()}).json()

    received = listener.wait_for(3)
    listener.forget()
    assert [ReceivedMessage(retained_topic(config), b"", retained=False)] == [
        message for message in received if message.topic == retained_topic(config)
    ]
    assert [state(moved)] == [
        message.json() for message in received if message.topic == retained_topic(moved)
    ]
    assert restart_hint(moved) in received
    with Listener(broker.port) as late:
        (kept,) = late.wait_for(1)
        assert (retained_topic(moved), True, state(moved)) == (kept.topic, kept.retained, kept.json())

    back = client.send_json("POST", f"{path}/replace-device", {"mac_address": config["mac_address"]}).json()
    listener.wait_for(3)
    with Listener(broker.port) as late:
        (kept,) = late.wait_for(1)
        assert (retained_topic(back), 3) == (kept.topic, kept.json()["revision"])
    wait_until(lambda: nothing_pending(client), "everything is published")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_undo_operations_are_published_and_dry_runs_are_not(announcing: Serve, listener: Listener) -> None:
    """A rollback, a restore and a patch announce; dry runs and unchanged configs of a bulk edit do not."""
    client = announcing.client
    first = created(client, {"a": 1})
    expect_both(listener, first)
    path = f"/api/configs/{first['id']}"
    expect_both(listener, client.send_json("PUT", path, {"content": {"a": 2}}).json())

    record = json.dumps({"mac_address": first["mac_address"], "content": '{"a": 2}'}).encode()
    ndjson = {"Content-Type": "application/x-ndjson"}
    everything = {"all": True, "merge": {"a": 3}}
    for answer in (
        client.send_json("PUT", f"{path}?dry_run=true", {"content": {"a": 3}}),
        client.request("PATCH", f"{path}?dry_run=true", b'{"a": 3}'),
        client.send_json("POST", f"{path}/rollback?dry_run=true", {"revision": 1}),
        client.send_json("POST", "/api/configs/patch?dry_run=true", everything),
        client.send_json("POST", "/api/configs/patch", {"all": True, "merge": {"a": 2}}),
        client.request("POST", "/api/configs/import", record, ndjson),
        client.request("POST", "/api/configs/import?dry_run=true&on_conflict=replace", record, ndjson),
    ):
        assert 200 == answer.status, answer.body

    # Nothing was published before this.
    expect_both(listener, client.send_json("POST", f"{path}/rollback", {"revision": 1}).json())
    assert 200 == client.send_json("POST", "/api/configs/patch", everything).status
    expect_both(listener, client.get(path).json())
    replaced = client.request("POST", "/api/configs/import?on_conflict=replace", record, ndjson)
    assert 1 == replaced.json()["changed"]
    expect_both(listener, client.get(path).json())

    assert 204 == client.request("DELETE", path).status
    listener.wait_for(1)
    listener.forget()
    restored = client.request("POST", f"/api/deleted-configs/{first['id']}/restore").json()
    assert 7 == restored["revision"]
    expect_both(listener, restored)
