"""Work that keeps the processor busy and waits for nothing, such as comparing two documents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol, TypeVar

T = TypeVar("T")

SMALL: Final = 16 * 1024
"""Characters up to which work is too short to be worth a place of its own: a few milliseconds."""


class Aside(Protocol):
    """Does such work where it holds up nobody else."""

    def __call__(self, work: Callable[[], T], size: int) -> T:
        """What `work` returns, or raises. `size` is how many characters, or bytes, it is about.

        `work` uses no port: it may run in another thread.
        """
        ...


def at_once(work: Callable[[], T], size: int) -> T:
    """`Aside` for processes in which nobody else waits: here and now."""
    del size
    return work()
