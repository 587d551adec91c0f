"""Load generators as processes of their own: what they cost is not the harness's, nor their lateness."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from attrs import asdict

S = TypeVar("S")

_ROOT = Path(__file__).parents[1]

_READY = b"ready\n"
"""What a generator prints when it begins, and can be stopped."""


class Generator:
    """A module of ours that generates one load until that is done; a context manager that leaves none behind."""

    def __init__(self, module: str, load: Any) -> None:
        """`load`: what the module is told, a class of attrs with plain values."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", f"faults.{module}", json.dumps(asdict(load))],
            cwd=_ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        )

    def finish(self, seconds: float) -> None:
        """Wait until the load is done; raises where it takes longer, or fails."""
        status = self.process.wait(timeout=seconds)
        if status:
            raise RuntimeError(f"a load generator ended with {status}")

    def stop(self, seconds: float = 60.0) -> None:
        """Have it begin nothing new, and wait for what it has begun."""
        self.process.send_signal(signal.SIGTERM)
        self.finish(seconds)

    def is_running(self) -> bool:
        return self.process.poll() is None

    def __enter__(self) -> Self:
        """Wait until it begins: before that, a request to stop would kill it, and time would pass without a load."""
        assert self.process.stdout is not None
        with self.process.stdout as output:
            if output.readline() != _READY:
                raise RuntimeError(f"a load generator ended with {self.process.wait()} before it began")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.is_running():
            self.process.kill()
            self.process.wait()


def generate(kind: Callable[..., S], work: Callable[[S, asyncio.Event], Awaitable[None]]) -> None:
    """What a module of loads does as a process: read its load, and work until that is done or SIGTERM comes."""
    load = kind(**json.loads(sys.argv[1]))

    async def main() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()

        def end(*_: object) -> None:
            # The loop's own handler would be gone with it, and a late request to end would kill.
            if not loop.is_closed():
                loop.call_soon_threadsafe(stop.set)

        signal.signal(signal.SIGTERM, end)
        os.write(sys.stdout.fileno(), _READY)
        await work(load, stop)

    asyncio.run(main())


async def pause(seconds: float, stop: asyncio.Event) -> bool:
    """Wait for a time, or until told to stop; whether to go on."""
    if seconds > 0 and not stop.is_set():
        try:
            async with asyncio.timeout(seconds):
                await stop.wait()
        except TimeoutError:
            pass
    return not stop.is_set()
