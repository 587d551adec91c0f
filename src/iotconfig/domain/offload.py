"""Work that keeps the processor busy and waits for nothing, such as comparing two documents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol, TypeVar

T = TypeVar("T")

SMALL: Final = 16 * 1024
"""Characters below which the work takes a few milliseconds at most, and is not worth another thread."""


class Offload(Protocol):
    """Runs such work where it does not block other requests."""

    def __call__(self, work: Callable[[], T], size: int) -> T:
        """Return the result of `work`, or raise its error. `size` is the number of characters or bytes that it handles.

        `work` uses no port: it may run in another thread.
        """
        ...


def run_inline(work: Callable[[], T], size: int) -> T:
    """`Offload` for processes without other requests: calls `work` directly."""
    del size
    return work()
