"""Load generators as separate processes, so that the harness does not delay them."""

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
"""The output of a generator when it begins, and can be stopped."""


class Generator:
    """The process of a module that generates one load; the context manager ends it."""

    def __init__(self, module: str, load: Any) -> None:
        """`load`: the parameters for the module, an attrs class with plain values."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", f"faults.{module}", json.dumps(asdict(load))],
            cwd=_ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        )

    def finish(self, seconds: float) -> None:
        """Wait until the load is done. Raises an exception if it takes longer, or fails."""
        status = self.process.wait(timeout=seconds)
        if status:
            raise RuntimeError(f"a load generator ended with {status}")

    def stop(self, seconds: float = 60.0) -> None:
        """Stop it from beginning operations, and wait for those that have begun."""
        self.process.send_signal(signal.SIGTERM)
        self.finish(seconds)

    def is_running(self) -> bool:
        return self.process.poll() is None

    def __enter__(self) -> Self:
        """Wait until it begins. Before that, SIGTERM would kill it, and time would pass without a load."""
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
    """The main function of a generator: read the load, and run it until it is done, or until SIGTERM."""
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


async def sleep_unless_stopped(seconds: float, stop: asyncio.Event) -> bool:
    """Wait until a time, or until `stop` is set; returns whether to continue."""
    if seconds > 0 and not stop.is_set():
        try:
            async with asyncio.timeout(seconds):
                await stop.wait()
        except TimeoutError:
            pass
    return not stop.is_set()
