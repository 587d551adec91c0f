"""The protocol between a worker and its decoder processes, over a socket.

A request is width and height of the target in pixels (0 without a limit), the length of the file, and
the file. An answer is a kind, a length, and as many bytes: a picture, or the message of a refusal.
"""

from __future__ import annotations

import struct
from typing import Final

from attrs import frozen

READY: Final = b"R"
"""Sent once by a decoder when its modules are loaded."""

REQUEST: Final = struct.Struct("!HHQ")
ANSWER: Final = struct.Struct("!cQ")

PICTURE: Final = b"P"
REFUSAL: Final = b"X"

MAX_SENTENCE: Final = 1000
"""The longest message of a refusal, in bytes."""


@frozen
class Limits:
    """The limits for one picture."""

    max_pixels: int
    """Pixels, by the file's header."""
    max_bytes: int
    """Size of the file in bytes."""
    seconds: float
    """The time for decoding it; the same limit holds for processor time."""

    @property
    def memory(self) -> int:
        """The limit of a decoder process's address space, in bytes.

        An interpreter with Pillow takes 100 MiB of it. A picture takes four bytes per pixel, briefly
        twice; up to four copies of the file exist at once (measured: WebP).
        """
        return 256 * 1024 * 1024 + 8 * self.max_pixels + 4 * self.max_bytes
