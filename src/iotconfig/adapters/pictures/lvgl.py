"""The container in which LVGL 9 keeps a picture: a header of twelve bytes, then rows of pixels.

The header is `lv_image_header_t` in memory of a little-endian machine
(`src/draw/lv_image_dsc.h` of LVGL 9): magic, colour format, flags, width, height,
bytes in a row, reserved. No flag: the pixels are not compressed, and their colours not
multiplied by their alpha.
"""

from __future__ import annotations

import struct
from typing import Final

_HEADER: Final = struct.Struct("<BBHHHHH")
_MAGIC: Final = 0x19
_ARGB8888: Final = 0x10
_NO_FLAGS: Final = 0
_RESERVED: Final = 0
_PIXEL: Final = 4


def size_of(pixels: int) -> int:
    """Bytes that a picture of so many pixels takes."""
    return _HEADER.size + pixels * _PIXEL


def container(width: int, height: int, pixels: bytes) -> bytes:
    """A picture as LVGL reads it. `pixels`: row by row from the top, each blue, green, red, alpha.

    Each side is at most 16,383: the length of a row, in bytes, has 16 bits.
    """
    stride = width * _PIXEL
    return _HEADER.pack(_MAGIC, _ARGB8888, _NO_FLAGS, width, height, stride, _RESERVED) + pixels
