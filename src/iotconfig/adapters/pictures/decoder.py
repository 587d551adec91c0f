"""A decoder process: converts pictures from a socket on its standard input, one at a time.

Untrusted files are decoded here and not in the worker, so that a decoder that hangs, takes too much
memory or crashes affects its own process only. `decoder_pool` starts it.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import resource
import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedRWPair
from math import ceil
from typing import Final

from iotconfig.domain.errors import Unprocessable
from iotconfig.domain.pictures import TargetSize

from .decoder_protocol import ANSWER, PICTURE, READY, REFUSAL, REQUEST
from .shrink import PillowPictureConverter

_DESCRIPTORS: Final = 32
_NICENESS: Final = 10
"""Lower priority than the workers that serve devices."""


def main() -> None:
    """Convert pictures until the socket closes or stays idle."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--max-pixels", type=int, required=True)
    parser.add_argument("--memory", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--idle", type=float, required=True)
    given = parser.parse_args()
    _confine(given.memory)
    converter = PillowPictureConverter(given.max_pixels)
    # Decoders' messages quote the file, and must not reach the service's log.
    with open(os.devnull, "wb") as null:  # noqa: PTH123 - a descriptor, and no path
        os.dup2(null.fileno(), 2)
    with socket.socket(fileno=0) as link, link.makefile("rwb") as stream, suppress(BrokenPipeError):
        link.sendall(READY)
        while _has_request(link, given.idle) and (head := stream.read(REQUEST.size)):
            width, height, length = REQUEST.unpack(head)
            file = stream.read(length)
            _allow_processor_time(given.seconds)
            with _ending_with(link):
                kind, content = _answer(converter, file, TargetSize(width or None, height or None))
            _send(stream, kind, content)


def _confine(memory: int) -> None:
    for limit, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_NOFILE, _DESCRIPTORS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (most, most))
    # Some systems do not allow it.
    with suppress(OSError):
        os.nice(_NICENESS)


def _allow_processor_time(seconds: float) -> None:
    """Let the kernel end this process if it uses more processor time than that from now on."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = ceil(used.ru_utime + used.ru_stime + seconds) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (until, hard))


def _has_request(link: socket.socket, seconds: float) -> bool:
    readable, _, _ = select.select([link], [], [], seconds)
    return bool(readable)


@contextmanager
def _ending_with(link: socket.socket) -> Iterator[None]:
    """End this process at once when the peer closes the socket, also while a decoder runs.

    Nothing arrives on the socket during the block except its end. The kernel then sends SIGIO, which
    terminates a process without a handler. A waiting thread would need the interpreter's lock, which a
    decoder may hold.
    """
    flags = fcntl.fcntl(link, fcntl.F_GETFL)
    fcntl.fcntl(link, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(link, fcntl.F_SETFL, flags | os.O_ASYNC)
    if select.select([link], [], [], 0)[0]:
        # The socket was closed before O_ASYNC was set.
        raise SystemExit
    yield
    fcntl.fcntl(link, fcntl.F_SETFL, flags)


def _answer(converter: PillowPictureConverter, file: bytes, box: TargetSize) -> tuple[bytes, bytes]:
    try:
        return PICTURE, converter.convert(file, box)
    except Unprocessable as refusal:
        return REFUSAL, str(refusal).encode()


def _send(stream: BufferedRWPair, kind: bytes, content: bytes) -> None:
    stream.write(ANSWER.pack(kind, len(content)))
    stream.write(content)
    stream.flush()


if __name__ == "__main__":
    main()
