"""Operators that change configs, and fetch the documents: each request on a new connection."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from time import monotonic

from attrs import frozen
from tests.support.http import Answer
from tests.support.wire import request_bytes

from iotconfig.domain.documents.content import ConfigContent

from .devices import facts
from .fleet import address
from .generators import generate, sleep_unless_stopped
from .record import NO_ANSWER, Recorder
from .wire import exchange


@frozen
class OperatorLoad:
    """Writers that change devices `first` to `first + devices - 1`, for a time or for a number of writes."""

    port: int
    record: str
    seed: int
    writers: int
    """Concurrent writers."""
    devices: int
    first: int = 0
    seconds: float = 3600.0
    writes: int = 0
    """Writes of all writers together; 0: until the time is over."""
    rate: float = 0.0
    """Writes per second of all writers together; 0: each writes again after its answer."""
    reads: bool = False
    """Whether a fetch of the document follows each write."""
    padding: int = 0
    """Additional characters in each content."""
    patience: float = 60.0


async def shift(load: OperatorLoad, stop: asyncio.Event) -> None:
    """Write until all writes are done, or `stop` is set."""
    with Recorder(Path(load.record)) as recorder:
        turns = iter(range(load.writes)) if load.writes else count()
        begin = monotonic()
        async with asyncio.TaskGroup() as writers:
            for writer in range(load.writers):
                writers.create_task(_Operator(load, recorder, writer).work(begin, turns, stop))


@frozen
class _Operator:
    _load: OperatorLoad
    _recorder: Recorder
    _writer: int

    async def work(self, begin: float, turns: Iterator[int], stop: asyncio.Event) -> None:
        chance = random.Random(f"{self._load.seed}/{self._writer}")
        for turn in turns:
            due = begin + turn / self._load.rate if self._load.rate else monotonic()
            if due - begin > self._load.seconds or not await sleep_unless_stopped(due - monotonic(), stop):
                return
            device = self._load.first + (
                turn % self._load.devices if self._load.writes else chance.randrange(self._load.devices)
            )
            await self._write(device, turn)
            if self._load.reads:
                await self._look(device)
            if stop.is_set():
                return

    async def _write(self, device: int, turn: int) -> None:
        load = self._load
        # No two writes have the same content, so the stored content identifies the write.
        content = f'{{"deviceName": "device {device}", "by": "{load.first}/{load.seed}/{self._writer}/{turn}"'
        content += f', "padding": "{"x" * load.padding}"}}' if load.padding else "}"
        name = address(device)
        request = request_bytes(
            "PUT",
            f"/api/configs/by-mac/{name}",
            f'{{"content": {content}}}'.encode(),
            {"Content-Type": "application/json"},
        )
        number = self._recorder.begin("write", name, wrote=ConfigContent.parse(content).etag)
        answer = await self._answer(number, request)
        if answer is not None:
            self._recorder.end(number, answer.status, **_facts(answer))

    async def _look(self, device: int) -> None:
        name = address(device)
        number = self._recorder.begin("fetch", name)
        answer = await self._answer(number, request_bytes("GET", f"/api/configs/{name}.json"))
        if answer is not None:
            self._recorder.end(number, answer.status, **facts(answer))

    async def _answer(self, number: int, request: bytes) -> Answer | None:
        try:
            return await exchange(self._load.port, request, self._load.patience)
        except (OSError, TimeoutError) as error:
            self._recorder.end(number, NO_ANSWER, error=repr(error))
            # A client whose connection is refused waits before it retries.
            await asyncio.sleep(0.05)
            return None


def _facts(answer: Answer) -> dict[str, object]:
    if answer.status in (200, 201):
        config = json.loads(answer.body)
        return {"revision": config["revision"], "etag": config["etag"]}
    if "retry-after" in answer.headers:
        return {"retry_after": answer.headers["retry-after"]}
    return {}


if __name__ == "__main__":
    generate(OperatorLoad, shift)
