"""`PictureConverter` in processes of its own, each with bounds of time and memory: a few, started when they are needed."""

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
"""Processes that a worker has at most: one that reads what never ends leaves the other."""

PICTURES: Final = 100
"""Pictures after which a process is replaced by a new one: what leaks in decoders ends with it."""

IDLE_SECONDS: Final = 60.0
"""Seconds without a picture after which a process ends."""

_START_SECONDS: Final = 30.0
"""What a new process may take to load, on a busy machine."""

_LAST_SECONDS: Final = 5.0
"""What a process may take to end after it closed its link: its status says why it did."""

_BLOCK: Final = 256 * 1024
_LARGEST: Final = {PICTURE: size_of(MAX_AREA)}


class _Ended(Exception):
    """A decoder process is gone."""


class DecoderPool:
    """Hands each picture to a process that reads nothing else meanwhile.

    A process that takes too long is killed; one that has nothing to do ends by itself, and all end
    when the one that has the pool does, however that ends.
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
        self._places = BoundedSemaphore(decoders)
        self._idle: list[_Decoder] = []

    def convert(self, file: bytes, box: TargetSize) -> bytes:
        """See `PictureConverter.convert`. The answer is an LVGL 9 image in ARGB8888."""
        if not self._places.acquire(timeout=self._limits.seconds):
            raise TooManyRequests("Too many pictures are converted at once: try again.", RETRY_AFTER)
        try:
            return self._convert(file, box)
        finally:
            self._places.release()

    def close(self) -> None:
        """End the processes that have nothing to do."""
        while self._idle:
            self._idle.pop().end()

    def _convert(self, file: bytes, box: TargetSize) -> bytes:
        while True:
            decoder = self._taken()
            was_idle = decoder.pictures > 0
            try:
                answer = decoder.ask(file, box, self._limits.seconds)
            except _Ended:
                status = decoder.end(_LAST_SECONDS)
                if was_idle and not status:
                    continue  # It had waited for too long, and ended just now.
                log.warning("a picture decoder ended with status %s", status)
                raise _refusal("reading it exceeds a limit, or crashes its decoder") from None
            except TimeoutError:
                decoder.end()
                raise _refusal(f"reading it takes longer than {self._limits.seconds:g} seconds") from None
            except BaseException:
                # Whoever asked was stopped: what comes would be taken for the next one's answer.
                decoder.end()
                raise
            if decoder.pictures < self._pictures:
                self._idle.append(decoder)
            else:
                decoder.end()
            if answer.kind == PICTURE:
                return answer.content
            raise Unprocessable(answer.content.decode(errors="replace"))

    def _taken(self) -> _Decoder:
        while self._idle:
            decoder = self._idle.pop()
            if decoder.process.poll() is None:
                return decoder
            decoder.end()
        try:
            return _started(self._limits, self._idle_seconds)
        except (OSError, _Ended) as error:
            log.error("a picture decoder cannot be started: %s", type(error).__name__)  # noqa: TRY400 - the machine's state, and no fault to be traced
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

    def ask(self, file: bytes, box: TargetSize, seconds: float) -> _Answer:
        """Have a picture read. Raises `TimeoutError`, and `_Ended` where the process does."""
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
        """So many bytes. Raises as `ask` does."""
        received = bytearray(length)
        view, place = memoryview(received), 0
        while place < length:
            left = until - monotonic()
            if left <= 0:
                raise TimeoutError
            self.link.settimeout(left)
            try:
                got = self.link.recv_into(view[place : place + _BLOCK])
            except ConnectionResetError:
                got = 0
            if not got:
                raise _Ended
            place += got
        return bytes(received)

    def end(self, patience: float = 0) -> int:
        """End the process, where it does not end by itself; its exit status, below 0 where a signal ended it."""
        self.link.close()
        with suppress(subprocess.TimeoutExpired):
            return self.process.wait(patience)
        self.process.kill()
        return self.process.wait()


def _started(limits: Limits, idle_seconds: float) -> _Decoder:
    """A new process that is ready. Raises `OSError` where there cannot be one, and `_Ended`."""
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
                # Nothing of the service's environment, which holds secrets, but where modules are.
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
    return Unprocessable(f"The picture cannot be read: {why}.")
