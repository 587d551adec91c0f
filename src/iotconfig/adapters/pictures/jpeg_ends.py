"""Repair of JPEG files as cameras send them: without the end marker, or padded.

Decoders refuse a file without an end marker as truncated. If one is appended, they also accept a file
that really is truncated, and fill the missing part with grey.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

START: Final = b"\xff\xd8"
END: Final = b"\xff\xd9"
SCAN: Final = 0xDA
_FRAMES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""Markers of frame headers, which have the sample precision; the others in this range are tables."""

_FILLERS: Final = (b"\0" * 1024, b"\xaa" * 1024)


def with_ends(file: bytes) -> tuple[bytes, bytes] | None:
    """Return a JPEG file without an end marker twice, with two different endings; None for any other file.

    A decoder ignores bytes behind a complete picture, and decodes them where a part is missing. So the
    picture is complete if both files decode to the same pixels.
    """
    if not file.startswith(START) or file.rfind(END) > _scan(file):
        return None
    first, second = (_without_filling(file) + filler + END for filler in _FILLERS)
    return first, second


def _without_filling(file: bytes) -> bytes:
    """Remove a camera's padding, which a decoder would decode to pixels."""
    kept = file.rstrip(b"\0")
    if not kept.endswith(b"\xff"):
        return kept
    # 0xFF 0x00 is an escaped byte of the picture; a trailing 0xFF alone is padding.
    return kept + b"\0" if len(kept) < len(file) else kept.rstrip(b"\xff")


def bits_of(file: bytes) -> int:
    """Return the sample precision of a JPEG file in bits; 0 where it is unknown."""
    for offset, marker in _segments(file):
        if marker in _FRAMES and len(file) > offset + 4:
            return file[offset + 4]
    return 0


def _scan(file: bytes) -> int:
    """Return the offset of the first scan, or -1. A thumbnail before it has an end marker of its own."""
    return next((offset for offset, marker in _segments(file) if marker == SCAN), -1)


def _segments(file: bytes) -> Iterator[tuple[int, int]]:
    """Yield offset and marker of each segment up to the first scan."""
    offset = len(START)
    while file.startswith(START) and len(file) >= offset + 4 and file[offset] == 0xFF:
        yield offset, file[offset + 1]
        if file[offset + 1] == SCAN:
            return
        offset += 1 if file[offset + 1] == 0xFF else 2 + int.from_bytes(file[offset + 2 : offset + 4])
