"""Metrics files whose space is reserved before it is written.

prometheus_client maps a sparse file into memory. Without space for a page of it, the first write to that
page ends the process with SIGBUS: with a full `/dev/shm`, no worker could start.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from pathlib import Path
from time import monotonic
from typing import ClassVar, Final

from prometheus_client import values
from prometheus_client.mmap_dict import MmapedDict

log = logging.getLogger(__name__)

_LEAST: Final = 64 * 1024
"""The initial size of a file in bytes."""

_RETRY: Final = 10.0
"""Seconds between two attempts to get space."""


def reserve_space() -> None:
    """Use files with reserved space for all metrics that are created from now on."""
    # The library has a setting for the class of values, but none for that of their files.
    values.MmapedDict = ReservedDict  # type: ignore[attr-defined] # it is there, and not exported
    values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call] # it has no types


class ReservedDict(MmapedDict):
    """Keeps values in memory while the file system has no space, and moves them to the file when it has.

    Until then other processes do not see them. No method fails on a full file system.
    """

    _is_logged: ClassVar[bool] = False
    """Whether the lack of space was logged; once for all files of a process."""

    def __init__(self, filename: str, read_mode: bool = False) -> None:  # noqa: FBT001 - the library's signature
        self._path = Path(filename)
        self._waiting: dict[str, tuple[float, float]] = {}
        self._is_open = False
        self._retry_at = 0.0
        # The base class's attributes, in the state of a closed file.
        self._f = None  # type: ignore[assignment] # the base class closes it so
        self._positions: dict[str, int] = {}
        self._open()

    def read_value(self, key: str) -> tuple[float, float]:
        if key in self._waiting:
            return self._waiting[key]
        if key in self._positions or self._admit(key):
            found: tuple[float, float] = super().read_value(key)  # type: ignore[no-untyped-call] # it has no types
            return found
        return self._waiting.setdefault(key, (0.0, 0.0))

    def write_value(self, key: str, value: float, timestamp: float) -> None:
        if key in self._positions or self._admit(key):
            super().write_value(key, value, timestamp)  # type: ignore[no-untyped-call] # it has no types
            self._waiting.pop(key, None)
        else:
            self._waiting[key] = (value, timestamp)
        if self._waiting and self._is_due():
            self._move_waiting()

    def has_room(self, keys: Iterable[str]) -> bool:
        """Reserve space for new entries. Returns False if there is none."""
        if not self._is_open:
            return False
        length = sum(_size(key) for key in keys if key not in self._positions)
        capacity = self._capacity
        while self._used + length > capacity:
            capacity *= 2
        return capacity == self._capacity or self._reserve(capacity)

    def _admit(self, key: str) -> bool:
        """Whether the file has space for a new entry."""
        return self._is_due() and (self._is_open or self._open()) and self.has_room([key])

    def _is_due(self) -> bool:
        """Whether the next attempt after a failed one is due."""
        return monotonic() >= self._retry_at

    def _move_waiting(self) -> None:
        """Move values from memory to the file, as far as there is space."""
        for key, (value, timestamp) in list(self._waiting.items()):
            if not self.has_room([key]):
                return
            super().write_value(key, value, timestamp)  # type: ignore[no-untyped-call] # it has no types
            del self._waiting[key]

    def _open(self) -> bool:
        if self._reserve(_LEAST):
            try:
                super().__init__(str(self._path))  # type: ignore[no-untyped-call] # it has no types
            except OSError as error:
                self._give_up(error)
            else:
                self._is_open = True
        return self._is_open

    def _reserve(self, length: int) -> bool:
        """Allocate the first `length` bytes of the file, holes included."""
        try:
            with open(self._path, "ab", opener=_private) as file:
                size = file.tell()
                try:
                    os.posix_fallocate(file.fileno(), 0, max(length, size))
                except OSError:
                    if not size:
                        # Readers fail on an empty file.
                        self._path.unlink()
                    raise
        except OSError as error:
            self._give_up(error)
            return False
        if ReservedDict._is_logged:
            ReservedDict._is_logged = False
            log.info("Metrics are complete again: %s has space.", self._path.parent)
        return True

    def _give_up(self, error: OSError) -> None:
        self._retry_at = monotonic() + _RETRY
        if ReservedDict._is_logged:
            return
        ReservedDict._is_logged = True
        log.warning(
            "Metrics are incomplete: no space in %s (%s). Counts are kept in memory until there is; "
            "nothing else is affected.",
            self._path.parent,
            os.strerror(error.errno or 0),
        )


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _size(key: str) -> int:
    """Return the largest size of an entry: length, key, up to eight bytes of padding, value and time."""
    return 4 + len(key.encode()) + 8 + 16
