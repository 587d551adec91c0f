"""How many imports, exports and uploads may run at the same time, and how much disk they may take together.

Each takes a database connection, a process or a temporary file, for as long as its client
likes. So there is a limited number of slots for each kind, of which one caller gets three
quarters, and a limit on the bytes of all. All workers of a machine share them, through a file in
which each locks the records of the slots that it has taken. A lock ends with its process.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import struct
import tempfile
import threading
import weakref
from enum import IntEnum
from typing import Final

from attrs import define, field

from iotconfig.domain.errors import StoreFull, TooManyRequests

_RECORD: Final = struct.Struct("=16sQ")
_RETRY_AFTER: Final = 5
_STEP: Final = 1024 * 1024
"""A growing file is counted again after this many bytes."""
_KEPT_FREE: Final = 64 * 1024 * 1024
"""Bytes of the temporary disk that stay free for others; a twentieth of a small disk."""

DEFAULT_MAX_IMPORT_BYTES: Final = 64 * 1024 * 1024
"""Size limit of the body of an import."""

FULL: Final = "The service's directory for temporary files is full. Nothing was stored."


class Kind(IntEnum):
    """Kinds of transfers. Each kind has its own slots, so that exports never block changes."""

    EXPORT = 0
    CHANGE = 1
    """An import, or a patch to many configs."""
    UPLOAD = 2

    @property
    def plural(self) -> str:
        return ("exports", "imports and patches", "uploads")[self]


def shared_file() -> int:
    """A new unnamed file, shared by all processes that inherit its descriptor."""
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def _free() -> tuple[int, int]:
    """Free and total bytes of the disk for temporary files."""
    disk = os.statvfs(tempfile.gettempdir())
    return disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize


@define
class Transfers:
    """The slots of one machine, as one process sees them."""

    most: int = 12
    """Slots of each kind."""
    max_bytes: int = 2 * 1024 * 1024 * 1024
    """Maximum bytes of all temporary files together."""
    _inherited: int | None = None
    """Descriptor of the file that processes share; None: a new file of its own, which is closed with the object."""
    _file: int = field(init=False)
    _mine: set[int] = field(init=False, factory=set)
    _lock: threading.Lock = field(init=False)

    @_file.default
    def _open(self) -> int:
        if self._inherited is not None:
            return self._inherited
        file = shared_file()
        weakref.finalize(self, os.close, file)
        return file

    @_lock.default
    def _new_lock(self) -> threading.Lock:
        # Looked up here: a worker patches threading after the settings have imported this module.
        return threading.Lock()

    def take(self, kind: Kind, caller: str) -> Slot:
        """Take a slot, to be left by the caller. Raises `TooManyRequests`."""
        numbers = range(kind * self.most, (kind + 1) * self.most)
        key = hashlib.sha256(caller.encode(errors="surrogatepass")).digest()[:16]
        with self._lock:
            self._forget_dead(numbers)
            number = next(filter(self._acquire, numbers), None)
            if number is None:
                raise TooManyRequests(
                    f"{self.most} {kind.plural} are running, which is the limit: try again.",
                    _RETRY_AFTER,
                )
            self._write(number, key, 0)
            own = sum(self._read(other)[0] == key for other in numbers)
            share = max(1, self.most * 3 // 4)
            if own > share:
                self._release(number)
                raise TooManyRequests(
                    f"{share} of your {kind.plural} are running, which is the limit for one caller: try again.",
                    _RETRY_AFTER,
                )
        return Slot(self, number, key)

    def hold(self, number: int, key: bytes, size: int) -> None:
        """Reserve this many bytes of temporary files for a slot. Raises `TooManyRequests` and `StoreFull`."""
        numbers = range(len(Kind) * self.most)
        with self._lock:
            self._write(number, key, size)
            if self._bytes(numbers) > self.max_bytes:
                self._forget_dead(numbers)
                if self._bytes(numbers) > self.max_bytes:
                    self._write(number, key, 0)
                    raise TooManyRequests(
                        "The temporary files of running imports and exports have reached their limit "
                        f"(IOTCONFIG_MAX_TEMPORARY_BYTES, {self.max_bytes}): try again.",
                        _RETRY_AFTER,
                    )
        free, all_of_it = _free()
        if free < min(_KEPT_FREE, all_of_it // 20):
            raise StoreFull(FULL)

    def release(self, number: int) -> None:
        """Release a slot."""
        with self._lock:
            self._release(number)

    def _bytes(self, numbers: range) -> int:
        return sum(self._read(other)[1] for other in numbers)

    def _acquire(self, number: int) -> bool:
        if number in self._mine:
            return False
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, _RECORD.size, number * _RECORD.size)
        except OSError:
            return False
        self._mine.add(number)
        return True

    def _release(self, number: int) -> None:
        self._write(number, bytes(16), 0)
        self._mine.discard(number)
        fcntl.lockf(self._file, fcntl.LOCK_UN, _RECORD.size, number * _RECORD.size)

    def _forget_dead(self, numbers: range) -> None:
        """Release the slots of processes that died: their locks are free."""
        for number in numbers:
            if self._read(number)[0] != bytes(16) and self._acquire(number):
                self._release(number)

    def _read(self, number: int) -> tuple[bytes, int]:
        record = os.pread(self._file, _RECORD.size, number * _RECORD.size)
        key, size = _RECORD.unpack(record.ljust(_RECORD.size, b"\0"))
        return key, size

    def _write(self, number: int, key: bytes, size: int) -> None:
        os.pwrite(self._file, _RECORD.pack(key, size), number * _RECORD.size)


@define
class Slot:
    """A taken slot. Leaving it twice has no effect."""

    _transfers: Transfers
    _number: int
    _key: bytes
    _counted: int = 0
    _is_left: bool = False

    def hold(self, size: int) -> None:
        """Reserve the bytes of its temporary files. Raises as `Transfers.hold`."""
        if size == 0 or size > self._counted:
            self._counted = size + _STEP
            self._transfers.hold(self._number, self._key, size)

    def leave(self) -> None:
        if not self._is_left:
            self._is_left = True
            self._transfers.release(self._number)
