"""The memory of converted pictures that wait to be sent."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from weakref import finalize

from attrs import field, frozen


class HeldPicture:
    """`Picture` that counts against a budget until it is closed or garbage-collected."""

    def __init__(self, content: bytes, release: Callable[[], object]) -> None:
        self._content = content
        self._release = finalize(self, release)

    @property
    def content(self) -> bytes:
        return self._content

    def close(self) -> None:
        self._release()


@frozen
class MemoryBudget:
    """`PictureMemory` of a number of bytes, for all threads of a process."""

    size: int
    """Bytes."""
    _taken: dict[object, int] = field(factory=dict, init=False, repr=False)

    def hold(self, content: bytes) -> HeldPicture | None:
        # Each operation on the dictionary is atomic. A lock could deadlock: the garbage collector
        # may release a picture at any point, also while this thread holds the lock.
        key = object()
        self._taken[key] = len(content)
        if sum(self._taken.values()) > self.size:
            del self._taken[key]
            return None
        return HeldPicture(content, partial(self._taken.pop, key, None))
