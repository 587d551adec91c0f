"""The cost of notifications: updates per second with MQTT on and off, and with and without the wake-up."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from unittest import mock

from tests.support.http import Client
from tests.support.serving import Serve

from benchmarks.harness import machine, mosquitto, postgresql, rounds
from iotconfig import ConfigContent, MacAddress, open_service
from iotconfig.adapters.sql import changes

WRITERS = 16


def rate(update: Callable[[int, int], None], seconds: float) -> float:
    """Updates per second of 16 writers, each on its own device."""
    begun = perf_counter()

    def write(writer: int) -> int:
        done = 0
        while perf_counter() - begun < seconds:
            update(writer, done)
            done += 1
        return done

    with ThreadPoolExecutor(WRITERS) as pool:
        total = sum(pool.map(write, range(WRITERS)))
    return total / (perf_counter() - begun)


def over_http(client: Client, seconds: float) -> float:
    def update(writer: int, number: int) -> None:
        body = {"content": {"n": number, "at": perf_counter()}}
        answer = client.send_json("PUT", f"/api/configs/by-mac/0200000000{writer:02x}", body)
        assert answer.status in (200, 201)

    return rate(update, seconds)


def in_process(url: str, seconds: float, *, wakes: bool) -> float:
    waking = nullcontext() if wakes else mock.patch.object(changes, "signal_commit")
    with waking, open_service(url) as service:

        def update(writer: int, number: int) -> None:
            mac = MacAddress.parse(f"0200000001{writer:02x}")
            service.configs.put(mac, ConfigContent.parse(f'{{"n": {number}, "at": {perf_counter()}}}'))

        return rate(update, seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    # A database for each, so that the relay of one does not work while another is measured.
    with (
        postgresql("silent", "announced", "library") as (silent, announced, url),
        mosquitto() as broker,
        TemporaryDirectory() as directory,
    ):
        logs = Path(directory)
        with (
            Serve(silent, logs / "off.log", workers=2) as off,
            Serve(announced, logs / "on.log", workers=2, MQTT_URL=broker.url) as on,
        ):
            served = rounds(
                {
                    "off": lambda: over_http(off.client, given.seconds),
                    "on": lambda: over_http(on.client, given.seconds),
                },
                given.rounds,
            )
        alone = rounds(
            {
                "asleep": lambda: in_process(url, given.seconds, wakes=False),
                "awake": lambda: in_process(url, given.seconds, wakes=True),
            },
            given.rounds,
        )
    print(f"writes: {WRITERS} writers; {machine()}")
    print(f"  serve, MQTT off            {served['off']:8,.0f} updates/s")
    print(f"  serve, MQTT on             {served['on']:8,.0f} updates/s")
    print(f"  cost                       {100 * (1 - served['on'] / served['off']):8.1f} %   (at most 15 %)")
    print(f"  library, without wake-up   {alone['asleep']:8,.0f} updates/s")
    print(f"  library, with wake-up      {alone['awake']:8,.0f} updates/s")
    print(f"  cost of the wake-up        {100 * (1 - alone['awake'] / alone['asleep']):8.1f} %")


if __name__ == "__main__":
    main()
