"""Answers that are written to a temporary file before they are sent, so that a slow client holds no transaction."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from tempfile import SpooledTemporaryFile
from typing import IO, Final, cast

import falcon
from attrs import define, field

from iotconfig.domain.errors import StoreFull

from .transfer_limits import FULL, Slot

_MEMORY: Final = 1024 * 1024
"""Bytes of an answer that are kept in memory."""


@contextmanager
def room_for_files() -> Iterator[None]:
    """Turn a full temporary disk into `StoreFull`."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise StoreFull(FULL) from None


def _temporary_file() -> IO[bytes]:
    return cast("IO[bytes]", SpooledTemporaryFile(max_size=_MEMORY))


@define
class SpooledAnswer:
    """An answer in a file, on disk if it is large. It occupies a slot until it has been sent."""

    _slot: Slot
    _file: IO[bytes] = field(init=False, factory=_temporary_file)
    _size: int = field(init=False, default=0)

    def hold(self) -> None:
        """Reserve space for the current size. Raises `TooManyRequests` and `StoreFull`."""
        self._slot.hold(self._size)

    def write(self, data: bytes) -> int:
        """Append bytes; reserves space for a large answer. Raises as `hold`, and `OSError`."""
        self._size += len(data)
        if self._size > _MEMORY:
            self.hold()
        return self._file.write(data)

    def read(self, size: int | None = -1, /) -> bytes:
        """Read the next bytes, for the server that sends them."""
        return self._file.read(-1 if size is None else size)

    def send(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Send the file as the answer. The server closes the file after sending it, and after a failure."""
        if req.method == "HEAD":
            self.close()
            resp.content_length = self._size
        else:
            self._file.seek(0)
            resp.set_stream(self, self._size)

    def close(self) -> None:
        """Remove the file and free the slot."""
        try:
            self._file.close()
        finally:
            self._slot.leave()

    def __del__(self) -> None:
        # Free the slot even if the server did not close the file.
        self._slot.leave()


@contextmanager
def spooling(slot: Slot) -> Iterator[SpooledAnswer]:
    """An answer that the block writes. Where the block fails, the file is removed and the slot is free again.

    Raises `TooManyRequests`, and `StoreFull` also for a full temporary disk.
    """
    spooled = SpooledAnswer(slot)
    with room_for_files(), ExitStack() as failing:
        failing.callback(spooled.close)
        spooled.hold()
        yield spooled
        failing.pop_all()
