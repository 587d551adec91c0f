"""`PictureConverter` in a few separate processes, started on demand, with limits of time and memory."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
from contextlib import suppress
from threading import BoundedSemaphore
from time import monotonic
from typing import Final

from attrs import define, field, frozen

from iotconfig.domain.errors import TooManyRequests, Unprocessable
from iotconfig.domain.pictures import MAX_AREA, RETRY_AFTER, TargetSize

from .decoder_protocol import ANSWER, MAX_SENTENCE, PICTURE, READY, REQUEST, Limits
from .lvgl import size_of

log = logging.getLogger(__name__)

DECODERS: Final = 2
"""The most processes of a worker: while one is stuck, the other works."""

PICTURES: Final = 100
"""Pictures after which a process is replaced, which bounds leaks in decoders."""

IDLE_SECONDS: Final = 60.0
"""Seconds without a picture after which a process exits."""

_START_SECONDS: Final = 30.0
"""Seconds in which a new process must be ready, on a busy machine."""

_LAST_SECONDS: Final = 5.0
"""Seconds to wait for the exit status of a process that has closed its socket."""

_BLOCK: Final = 256 * 1024
_LARGEST: Final = {PICTURE: size_of(MAX_AREA)}


class _Ended(Exception):
    """A decoder process has ended."""


class DecoderPool:
    """Gives each picture to a process that converts nothing else meanwhile.

    A process that takes too long is killed. Idle ones exit by themselves, and all end with the process
    that has the pool, since their sockets close.
    """

    def __init__(
        self,
        limits: Limits,
        decoders: int = DECODERS,
        pictures: int = PICTURES,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._limits = limits
        self._idle_seconds = idle_seconds
        self._pictures = pictures
        self._slots = BoundedSemaphore(decoders)
        self._idle: list[_Decoder] = []

    def convert(self, file: bytes, box: TargetSize) -> bytes:
        """See `PictureConverter.convert`. Returns an LVGL 9 image in ARGB8888."""
        if not self._slots.acquire(timeout=self._limits.seconds):
            raise TooManyRequests("Too many pictures are converted at once: try again.", RETRY_AFTER)
        try:
            return self._convert(file, box)
        finally:
            self._slots.release()

    def close(self) -> None:
        """End the idle processes."""
        while self._idle:
            self._idle.pop().end()

    def _convert(self, file: bytes, box: TargetSize) -> bytes:
        while True:
            decoder = self._idle_or_new()
            was_idle = decoder.pictures > 0
            try:
                answer = decoder.convert(file, box, self._limits.seconds)
            except _Ended:
                status = decoder.end(_LAST_SECONDS)
                if was_idle and not status:
                    continue  # It reached its idle time just now.
                log.warning("a picture decoder ended with status %s", status)
                raise _refusal("decoding it exceeds a limit or crashes the decoder") from None
            except TimeoutError:
                decoder.end()
                raise _refusal(f"decoding it takes longer than {self._limits.seconds:g} seconds") from None
            except BaseException:
                # The request was cancelled: its answer would be read as that of the next one.
                decoder.end()
                raise
            if decoder.pictures < self._pictures:
                self._idle.append(decoder)
            else:
                decoder.end()
            if answer.kind == PICTURE:
                return answer.content
            raise Unprocessable(answer.content.decode(errors="replace"))

    def _idle_or_new(self) -> _Decoder:
        while self._idle:
            decoder = self._idle.pop()
            if decoder.process.poll() is None:
                return decoder
            decoder.end()
        try:
            return _started(self._limits, self._idle_seconds)
        except (OSError, _Ended) as error:
            log.error("a picture decoder cannot be started: %s", type(error).__name__)  # noqa: TRY400 - a condition of the machine, not a defect
            raise TooManyRequests("No picture can be converted now: try again.", RETRY_AFTER) from None


@frozen
class _Answer:
    kind: bytes
    content: bytes


@define
class _Decoder:
    """One process, and the socket to it."""

    process: subprocess.Popen[bytes]
    link: socket.socket
    pictures: int = field(default=0, init=False)

    def convert(self, file: bytes, box: TargetSize, seconds: float) -> _Answer:
        """Send a picture and return the answer. Raises `TimeoutError`, and `_Ended` where the process ends."""
        self.pictures += 1
        until = monotonic() + seconds
        try:
            self.link.settimeout(seconds)
            self.link.sendall(REQUEST.pack(box.width or 0, box.height or 0, len(file)))
            self.link.sendall(file)
        except (BrokenPipeError, ConnectionResetError):
            raise _Ended from None
        kind, length = ANSWER.unpack(self.receive(ANSWER.size, until))
        if length > _LARGEST.get(kind, MAX_SENTENCE):
            raise _Ended
        return _Answer(kind, self.receive(length, until))

    def receive(self, length: int, until: float) -> bytes:
        """Receive exactly `length` bytes. Raises as `convert` does."""
        received = bytearray(length)
        view, position = memoryview(received), 0
        while position < length:
            left = until - monotonic()
            if left <= 0:
                raise TimeoutError
            self.link.settimeout(left)
            try:
                got = self.link.recv_into(view[position : position + _BLOCK])
            except ConnectionResetError:
                got = 0
            if not got:
                raise _Ended
            position += got
        return bytes(received)

    def end(self, patience: float = 0) -> int:
        """End the process after `patience` seconds. Returns its exit status, negative after a signal."""
        self.link.close()
        with suppress(subprocess.TimeoutExpired):
            return self.process.wait(patience)
        self.process.kill()
        return self.process.wait()


def _started(limits: Limits, idle_seconds: float) -> _Decoder:
    """Start a process and wait until it is ready. Raises `OSError` and `_Ended`."""
    ours, theirs = socket.socketpair()
    with theirs:
        try:
            process = subprocess.Popen(  # noqa: S603 - our own module, in our own interpreter
                [
                    *(sys.executable, "-P", "-m", f"{__package__}.decoder"),
                    *("--max-pixels", str(limits.max_pixels)),
                    *("--memory", str(limits.memory)),
                    *("--seconds", str(limits.seconds)),
                    *("--idle", str(idle_seconds)),
                ],
                # The service's environment may hold secrets; only the module path is passed on.
                env={"PYTHONPATH": os.pathsep.join(os.path.abspath(path) for path in sys.path if path)},  # noqa: PTH100 - text
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
            )
        except BaseException:
            ours.close()
            raise
    decoder = _Decoder(process, ours)
    try:
        decoder.receive(len(READY), monotonic() + _START_SECONDS)
    except BaseException:
        decoder.end()
        raise
    return decoder


def _refusal(why: str) -> Unprocessable:
    return Unprocessable(f"The picture cannot be decoded: {why}.")
