"""Two machines with one database and one broker: both accept writes, one relay is active, and either may fail."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.http import Client
from tests.support.listener import Listener
from tests.support.mosquitto import Mosquitto
from tests.support.relaying import (
    STATE,
    barrier,
    document_numbers,
    expect_none_older_after_newer,
    mac,
    newest_announced,
    revisions,
    wait_drained,
)
from tests.support.serving import Serve
from tests.support.waiting import wait_until

DEVICES = 5
ROUNDS = 8


def is_active(serve: Serve) -> bool:
    """Whether its relay logged last that it holds the lease."""
    said = serve.output()
    return said.rfind("relay: active") > said.rfind("relay: standing by")


def put(client: Client, number: int, value: str) -> int:
    answer = client.send_json("PUT", f"/api/configs/by-mac/{mac(number)}", {"content": {"value": value}})
    assert answer.status in (200, 201), answer.body
    revision: int = answer.json()["revision"]
    return revision


@pytest.fixture
def machines(start_serve: Callable[..., Serve], postgres_url: str, broker: Mosquitto) -> tuple[Serve, Serve]:
    """Both machines, the active one first."""
    both = [start_serve(postgres_url, workers=1, MQTT_URL=broker.url) for _ in range(2)]
    wait_until(lambda: any(map(is_active, both)), "one relay is active")
    wait_until(lambda: any("standing by" in one.output() for one in both), "the other stands by")
    active, standby = sorted(both, key=is_active, reverse=True)
    return active, standby


def test_both_accept_writes_and_either_may_fail(
    machines: tuple[Serve, Serve], postgres_url: str, broker: Mosquitto, listener: Listener
) -> None:
    """No change is lost or counted twice; each device gets its newest revision, once and in order.

    SIGKILL of all processes of the active one: the other serves, becomes active, and publishes pending changes.
    It answers 304 to the ETags of the dead one.
    """
    assert [True, False] == [is_active(one) for one in machines]

    def write(machine: int) -> list[tuple[int, int]]:
        return [
            (number, put(machines[machine].client, number, f"{machine}-{turn}"))
            for turn in range(ROUNDS)
            for number in range(DEVICES)
        ]

    with ThreadPoolExecutor(2) as threads:
        given = [pair for pairs in threads.map(write, range(2)) for pair in pairs]
    wait_drained(postgres_url)
    barrier(broker.port, listener)

    expected = {(number, revision) for number in range(DEVICES) for revision in range(1, 2 * ROUNDS + 1)}
    assert sorted(expected) == sorted(given)
    announced = revisions(listener.received(STATE))
    assert document_numbers(postgres_url) == newest_announced(listener)
    assert {address: sorted(set(numbers)) for address, numbers in announced.items()} == announced
    assert [True, False] == [is_active(one) for one in machines]

    active, standby = machines
    document = active.client.get(f"/api/configs/{mac(1)}.json")
    for pid in active.pids():
        os.kill(pid, signal.SIGKILL)
    active.process.wait(timeout=60)

    tag = document.headers["etag"]
    assert 304 == standby.client.get(f"/api/configs/{mac(1)}.json", If_None_Match=tag).status
    assert 2 * ROUNDS + 1 == put(standby.client, 1, "after")
    assert 1 == put(standby.client, DEVICES, "after")
    wait_until(lambda: is_active(standby), "the other relay is active")
    wait_drained(postgres_url)
    wait_until(
        lambda: document_numbers(postgres_url) == newest_announced(listener), "everything is published"
    )

    expect_none_older_after_newer(listener)
