"""The image format of LVGL 9: a header of twelve bytes, then rows of pixels.

The header is `lv_image_header_t` in the memory of a little-endian machine
(`src/draw/lv_image_dsc.h` of LVGL 9): magic, colour format, flags, width, height,
bytes per row, reserved. No flag is set: the pixels are neither compressed nor premultiplied
by alpha.
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
    """Return the size of a picture with so many pixels, in bytes."""
    return _HEADER.size + pixels * _PIXEL


def container(width: int, height: int, pixels: bytes) -> bytes:
    """Return a picture in LVGL's format. `pixels`: rows from the top, each pixel as blue, green, red, alpha.

    Each side is at most 16,383, because the length of a row in bytes has 16 bits.
    """
    stride = width * _PIXEL
    return _HEADER.pack(_MAGIC, _ARGB8888, _NO_FLAGS, width, height, stride, _RESERVED) + pixels
