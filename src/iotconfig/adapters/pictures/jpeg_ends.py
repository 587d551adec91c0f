"""JPEG files as cameras send them: without the marker that ends them, or with samples that nobody decodes.

Decoders take a file without an end for half a picture, and filled up with one, they make a picture of
half a file: the missing part is grey.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

START: Final = b"\xff\xd8"
END: Final = b"\xff\xd9"
SCAN: Final = 0xDA
_FRAMES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""Markers of the header that has the size of samples; the others of their row are tables."""

_FILLERS: Final = (b"\0" * 1024, b"\xaa" * 1024)


def with_ends(file: bytes) -> tuple[bytes, bytes] | None:
    """A JPEG file that lacks its end, with two different ones; None for any other file.

    A decoder skips what follows a whole picture, and makes pixels of what follows half of one. So the
    picture is whole if both files give the same.
    """
    if not file.startswith(START) or file.rfind(END) > _scan(file):
        return None
    first, second = (_without_filling(file) + filler + END for filler in _FILLERS)
    return first, second


def _without_filling(file: bytes) -> bytes:
    """The file without what a camera fills it up with: a decoder would make pixels of zeros."""
    kept = file.rstrip(b"\0")
    if not kept.endswith(b"\xff"):
        return kept
    # A pair of 0xFF and zero is a byte of the picture; without the zero it fills up.
    return kept + b"\0" if len(kept) < len(file) else kept.rstrip(b"\xff")


def bits_of(file: bytes) -> int:
    """Bits of a JPEG file's samples; 0 where it does not say so."""
    for place, marker in _segments(file):
        if marker in _FRAMES and len(file) > place + 4:
            return file[place + 4]
    return 0


def _scan(file: bytes) -> int:
    """Where the first scan begins; -1 where there is none. A thumbnail before it has an end of its own."""
    return next((place for place, marker in _segments(file) if marker == SCAN), -1)


def _segments(file: bytes) -> Iterator[tuple[int, int]]:
    """Place and marker of each segment up to the first scan."""
    place = len(START)
    while file.startswith(START) and len(file) >= place + 4 and file[place] == 0xFF:
        yield place, file[place + 1]
        if file[place + 1] == SCAN:
            return
        place += 1 if file[place + 1] == 0xFF else 2 + int.from_bytes(file[place + 2 : place + 4])
