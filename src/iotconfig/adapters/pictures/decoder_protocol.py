"""What a service and its decoder processes say to each other over a socket.

A request is two sides in pixels (0 where the box has none), the length of a file, and the file. An
answer is a kind, a length, and as many bytes: a picture, or the sentence of a refusal.
"""

from __future__ import annotations

import struct
from typing import Final

from attrs import frozen

READY: Final = b"R"
"""A decoder sends it once, when it has loaded what it needs."""

REQUEST: Final = struct.Struct("!HHQ")
ANSWER: Final = struct.Struct("!cQ")

PICTURE: Final = b"P"
REFUSAL: Final = b"X"

MAX_SENTENCE: Final = 1000
"""Bytes that a refusal may have."""


@frozen
class Limits:
    """What one picture may take."""

    max_pixels: int
    """Pixels of the file, by its header."""
    max_bytes: int
    """Size of the file."""
    seconds: float
    """Time for reading it, and processor time at the same time."""

    @property
    def memory(self) -> int:
        """Address space that a decoder process may have, in bytes.

        An interpreter with Pillow takes 100 MiB of it. The largest picture has four bytes for each
        pixel, twice for a moment; the file is there up to four times (measured: WebP).
        """
        return 256 * 1024 * 1024 + 8 * self.max_pixels + 4 * self.max_bytes
