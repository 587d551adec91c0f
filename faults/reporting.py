"""Devices that poll with reports: each report has the next number, half of them in a header of the fetch, and half on their own."""

from __future__ import annotations

import asyncio
import json
import random
from itertools import count
from pathlib import Path
from typing import Final

from attrs import frozen
from tests.support.http import Answer
from tests.support.wire import request_bytes

from iotconfig.domain.documents.content import ConfigContent

from .fleet import address, document
from .generators import generate, sleep_unless_stopped
from .record import NO_ANSWER, Recorder
from .wire import exchange

_ERROR: Final = "config-report-error"


@frozen
class ReportingLoad:
    """Devices `0` to `devices - 1`, each with a poll every `every` seconds, until the load is stopped."""

    port: int
    record: str
    seed: int
    devices: int
    every: float
    patience: float = 60.0


async def poll(load: ReportingLoad, stop: asyncio.Event) -> None:
    """Poll until `stop` is set."""
    with Recorder(Path(load.record)) as recorder:
        async with asyncio.TaskGroup() as devices:
            for number in range(load.devices):
                devices.create_task(_Device(load, recorder, number).work(stop))


@frozen
class _Device:
    _load: ReportingLoad
    _recorder: Recorder
    _number: int

    async def work(self, stop: asyncio.Event) -> None:
        """Poll; a report that was not kept is followed by the next one, which says the same."""
        chance = random.Random(f"{self._load.seed}/{self._number}")
        etag = ConfigContent.parse(document(self._load.seed, self._number)).etag
        pause = chance.random() * self._load.every
        for number in count(1):
            if not await sleep_unless_stopped(pause, stop):
                return
            await self._poll(number, etag, in_header=chance.random() < 0.5)
            pause = self._load.every * (0.5 + chance.random())

    async def _poll(self, number: int, etag: str, *, in_header: bool) -> None:
        # Each report says something else: a repetition within a minute is not stored.
        name = address(self._number)
        headers = {"If-None-Match": etag}
        if in_header:
            headers["Config-Report"] = f'applied; etag={etag}; n={number}; reason="{number}"'
        else:
            report = {"outcome": "applied", "etag": etag, "n": number, "reason": str(number)}
            path, json_type = f"/api/devices/{name}/report", {"Content-Type": "application/json"}
            await self._send(
                "report", number, request_bytes("POST", path, json.dumps(report).encode(), json_type)
            )
        kind = "report" if in_header else "fetch"
        await self._send(kind, number, request_bytes("GET", f"/api/configs/{name}.json", headers=headers))

    async def _send(self, kind: str, number: int, request: bytes) -> None:
        operation = self._recorder.begin(kind, address(self._number), number=number)
        try:
            answer = await exchange(self._load.port, request, self._load.patience)
        except (OSError, TimeoutError) as error:
            self._recorder.end(operation, NO_ANSWER, error=repr(error))
            return
        facts = {"retry_after": answer.headers["retry-after"]} if "retry-after" in answer.headers else {}
        self._recorder.end(operation, answer.status, is_kept=_is_kept(answer), **facts)


def _is_kept(answer: Answer) -> bool:
    return answer.status in (204, 304) and _ERROR not in answer.headers


if __name__ == "__main__":
    generate(ReportingLoad, poll)
