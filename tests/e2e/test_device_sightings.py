"""Sightings of a running service: when they reach the database, and what a killed worker loses."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

from tests.support.api import new_mac
from tests.support.processes import is_alive
from tests.support.serving import Serve
from tests.support.waiting import wait_until


def _board(serve: Serve) -> tuple[str, str]:
    """The MAC address and the ETag of a new device, which names the document in a fetch."""
    mac = new_mac()
    etag = serve.client.send_json("PUT", f"/api/configs/by-mac/{mac}", {"content": {}}).json()["etag"]
    assert 304 == serve.client.get(f"/api/configs/{mac}.json", If_None_Match=etag).status
    return mac, etag


def _state(serve: Serve, mac: str) -> str:
    state: str = serve.client.get(f"/api/devices/{mac}").json()["state"]
    return state


def _ask(serve: Serve) -> str:
    """The MAC address of a board that asks for a document and never had one."""
    mac = new_mac()
    assert 404 == serve.client.get(f"/api/configs/{mac}.json").status
    return mac


def _is_listed(serve: Serve, mac: str) -> bool:
    listed = serve.client.get("/api/new-devices").json()["new_devices"]
    return mac in [board["mac_address"] for board in listed]


def test_a_worker_that_ends_writes_what_it_saw(start_serve: Callable[..., Serve], sqlite_url: str) -> None:
    """At a reload and at SIGTERM; kill -9 loses the sightings since the last write, and no report. The interval never passes.

    New boards are written alike, and a board that was lost is listed once it asks again.
    """
    serve = start_serve(sqlite_url, IOTCONFIG_SIGHTINGS_INTERVAL="3600")
    reloaded, _ = _board(serve)
    new = _ask(serve)
    assert ("never", False) == (_state(serve, reloaded), _is_listed(serve, new))
    before = serve.worker_pids()
    serve.process.send_signal(signal.SIGHUP)
    wait_until(lambda: not any(map(is_alive, before)), "the worker is replaced")
    assert ("in_sync", True) == (_state(serve, reloaded), _is_listed(serve, new))

    lost, _ = _board(serve)
    kept, etag = _board(serve)
    body = {"outcome": "rejected", "etag": etag}
    assert 204 == serve.client.send_json("POST", f"/api/devices/{kept}/report", body).status
    forgotten = _ask(serve)
    killed = serve.worker_pids()
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not any(map(is_alive, killed)), "the worker is gone")
    assert ["never", "rejected"] == [_state(serve, mac) for mac in (lost, kept)]
    assert [True, False] == [_is_listed(serve, mac) for mac in (new, forgotten)]

    stopped, _ = _board(serve)
    asked = _ask(serve)
    assert 0 == serve.stop()
    assert "Traceback" not in serve.output()
    again = start_serve(sqlite_url, IOTCONFIG_SIGHTINGS_INTERVAL="0.1")
    assert ("in_sync", True) == (_state(again, stopped), _is_listed(again, asked))
    seen, _ = _board(again)
    wait_until(lambda: _state(again, seen) == "in_sync", "the sighting is written at the interval")
    path = f"/api/configs/{forgotten}.json"
    assert 404 == again.client.get(path).status
    wait_until(lambda: _is_listed(again, forgotten), "the new board is written at the interval")


def test_lists_follow_changes_of_documents(start_serve: Callable[..., Serve], database_url: str) -> None:
    """The leader's job stores the states that changes of documents make, and the counts with them."""
    serve = start_serve(database_url, IOTCONFIG_SIGHTINGS_INTERVAL="0.1")
    mac, _ = _board(serve)
    client = serve.client

    def listed(state: str) -> tuple[list[str], int]:
        page = client.get(f"/api/devices?state={state}").json()
        return [device["mac_address"] for device in page["devices"]], page["counts"][state]

    wait_until(lambda: listed("in_sync") == ([mac], 1), "the sighting is stored with the state")
    client.send_json("PUT", f"/api/configs/by-mac/{mac}", {"content": {"a": 1}})
    wait_until(lambda: listed("pending") == ([mac], 1), "the state follows the document")
    assert ([], 0) == listed("in_sync")
    config = client.get(f"/api/configs/{mac}").json()
    assert 204 == client.request("DELETE", f"/api/configs/{config['id']}").status
    wait_until(lambda: listed("pending") == ([], 0), "a deleted device is not counted")
