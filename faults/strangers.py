"""Boards without a config that ask for a document: each request is of another MAC address."""

from __future__ import annotations

import asyncio
from itertools import count
from pathlib import Path

from attrs import frozen
from tests.support.wire import request_bytes

from .generators import generate
from .record import NO_ANSWER, Recorder
from .wire import allow_descriptors, exchange


@frozen
class StrangerLoad:
    """`requests` of as many MAC addresses, `at_once` at a time, from `networks` addresses behind a trusted proxy."""

    port: int
    record: str
    requests: int
    at_once: int
    networks: int
    patience: float = 60.0


async def ask(load: StrangerLoad, stop: asyncio.Event) -> None:
    """Send all requests, or fewer if `stop` is set."""
    allow_descriptors()
    numbers = count()

    async def one_after_another() -> None:
        while (number := next(numbers)) < load.requests and not stop.is_set():
            mac = f"06:00:00:{number >> 16:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"
            network = number % load.networks
            headers = {"X-Forwarded-For": f"10.{network >> 16}.{network >> 8 & 255}.{network & 255}"}
            operation = recorder.begin("stranger", mac)
            try:
                request = request_bytes("GET", f"/api/configs/{mac}.json", headers=headers)
                answer = await exchange(load.port, request, load.patience)
            except (OSError, TimeoutError) as error:
                recorder.end(operation, NO_ANSWER, error=repr(error))
            else:
                facts = (
                    {"retry_after": answer.headers["retry-after"]} if "retry-after" in answer.headers else {}
                )
                recorder.end(operation, answer.status, **facts)

    with Recorder(Path(load.record)) as recorder:
        async with asyncio.TaskGroup() as clients:
            for _ in range(load.at_once):
                clients.create_task(one_after_another())


if __name__ == "__main__":
    generate(StrangerLoad, ask)
