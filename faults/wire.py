"""Requests of devices and operators: each on a new connection, many at the same time."""

from __future__ import annotations

import asyncio
import resource

from tests.support.http import Answer
from tests.support.wire import only_answer


async def exchange(port: int, request: bytes, seconds: float) -> Answer:
    """Send these bytes, and return the answer. Raises `OSError` or `TimeoutError` without an answer."""
    async with asyncio.timeout(seconds):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(request)
            received = await reader.read()
        finally:
            writer.close()
    if not received:
        raise ConnectionResetError("the connection was closed without an answer")
    try:
        return only_answer(received)
    except AssertionError as error:
        raise ConnectionResetError(str(error)) from None


def allow_descriptors() -> int:
    """Raise this process's limit of open files to the maximum; returns it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard
