"""Devices that fetch their documents: each fetch on a new connection, at its own time.

The load is open: each fetch has a due time, from which its duration counts. So the
durations include the waiting time while the service stalls.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Sequence
from pathlib import Path
from time import monotonic
from typing import Final

from attrs import frozen
from tests.support.http import Answer
from tests.support.wire import request_bytes

from .fleet import address, digest
from .generators import generate, sleep_unless_stopped
from .record import NO_ANSWER, Recorder
from .wire import allow_descriptors, exchange

_TRIES: Final = 10
_AFTER_NO_ANSWER: Final = 2.0
_SPARE: Final = 100
"""File descriptors of the generator, except those of connections."""


@frozen
class DeviceLoad:
    """Fetches by devices `0` to `devices - 1` in turns, at random times within `seconds`."""

    port: int
    record: str
    seed: int
    devices: int
    fetches: int
    seconds: float
    """0: all at once."""
    patience: float = 60.0
    """Seconds that a device waits for an answer."""
    tokens: str = ""
    """A file with the devices' tokens, in their order, as a JSON array."""


async def storm(load: DeviceLoad, stop: asyncio.Event) -> None:
    """Fetch until all fetches are done, or `stop` is set."""
    chance = random.Random(load.seed)
    moments = sorted(chance.random() * load.seconds for _ in range(load.fetches))
    order = list(range(load.devices))
    chance.shuffle(order)
    tokens = json.loads(Path(load.tokens).read_text()) if load.tokens else []
    permits = asyncio.Semaphore(allow_descriptors() - _SPARE)
    begin = monotonic()
    with Recorder(Path(load.record)) as recorder:
        async with asyncio.TaskGroup() as fetches:
            for turn, moment in enumerate(moments):
                if not await sleep_unless_stopped(begin + moment - monotonic(), stop):
                    break
                device = _Device(load, recorder, order[turn % load.devices], tokens)
                fetches.create_task(device.boot(begin + moment, chance.random(), permits))


@frozen
class _Device:
    _load: DeviceLoad
    _recorder: Recorder
    _number: int
    _tokens: Sequence[str]

    async def boot(self, due: float, jitter: float, permits: asyncio.Semaphore) -> None:
        """Fetch the document; fetch it again after a 503 with `Retry-After`."""
        async with permits:
            for _ in range(_TRIES):
                wait = await self._fetch(due)
                if wait is None:
                    return
                await asyncio.sleep(wait * (1 + jitter))
                due = monotonic()

    async def _fetch(self, due: float) -> float | None:
        """Fetch once; returns the seconds until the next attempt if there was no answer, or `Retry-After`; else None."""
        name = address(self._number)
        headers = {"Authorization": f"Bearer {self._tokens[self._number]}"} if self._tokens else {}
        request = request_bytes("GET", f"/api/configs/{name}.json", headers=headers)
        number = self._recorder.begin("fetch", name, due)
        try:
            answer = await exchange(self._load.port, request, self._load.patience)
        except (OSError, TimeoutError) as error:
            self._recorder.end(number, NO_ANSWER, error=repr(error))
            return _AFTER_NO_ANSWER
        self._recorder.end(number, answer.status, **facts(answer))
        if answer.status == 503:
            return float(answer.headers["retry-after"])
        # Ten thousand connections are opened before the first of them is written to: on a busy
        # machine, that takes a single process longer than the service gives a client.
        return _AFTER_NO_ANSWER if answer.status == 408 else None


def facts(answer: Answer) -> dict[str, str]:
    """The facts that the record has of an answer to a fetch."""
    found = {"digest": digest(answer.body)}
    for header, fact in (("etag", "etag"), ("retry-after", "retry_after")):
        if header in answer.headers:
            found[fact] = answer.headers[header]
    return found


if __name__ == "__main__":
    generate(DeviceLoad, storm)
