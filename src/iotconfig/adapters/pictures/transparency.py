"""Transparency of PNG files whose tRNS chunk names a transparent colour.

The colour has the depth of the file, 1 to 16 bits. Pillow compares it with pixels that it has scaled to
eight bits, so that transparent colours of 2, 4 and 16 bits become opaque.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, reduce
from io import BytesIO
from typing import Final

from PIL import Image, ImageChops
from PIL.PngImagePlugin import PngImageFile

_SCALES: Final = {"L;2": (0x3, 85), "L;4": (0xF, 17), "L": (0xFF, 1), "RGB": (0xFF, 1)}
"""For each pixel format of a file: the bit mask of a sample, and the factor that scales it to eight bits."""

_HIGH_BYTES: Final = "RGB;16B"
_LOW_BYTES: Final = "RGB;16L"
"""Byte order in which Pillow reads the low byte of each sample as the high one."""


def scale_transparency(image: Image.Image, file: bytes) -> Image.Image | None:
    """Scale the transparent colour of an image that is open and not loaded to the depth of its pixels.

    Of 48-bit pixels Pillow loads the high bytes only. Returns an image of the low bytes then, else None.
    """
    colour = image.info.get("transparency")
    if not isinstance(image, PngImageFile) or image.mode == "P" or not isinstance(colour, int | tuple):
        return None
    form = image.tile[0].args
    if form == _HIGH_BYTES:
        low = PngImageFile(BytesIO(file))
        low.tile = [tile._replace(args=_LOW_BYTES) for tile in low.tile]
        low.load()
        return low
    if form in _SCALES:
        bits, factor = _SCALES[form]
        scaled = [(sample & bits) * factor for sample in ([colour] if isinstance(colour, int) else colour)]
        image.info["transparency"] = scaled[0] if isinstance(colour, int) else tuple(scaled)
    return None


def rgba(band: Image.Image, low: Image.Image | None) -> Image.Image:
    """Return a part of an image as RGBA. `low`: the same part of the result of `scale_transparency`."""
    if band.mode.startswith("I"):
        return _of_grey16(band)
    if low is not None:
        return _of_rgb48(band, low)
    return band.convert("RGBA")


def _of_grey16(band: Image.Image) -> Image.Image:
    """Convert 16-bit grey, which Pillow would clip at 255 instead of scaling."""
    colour = band.info.get("transparency")
    wide = band.convert("I")
    found = wide.point(_high_bytes(), "L")
    found.info.pop("transparency", None)
    found = found.convert("RGBA")
    if isinstance(colour, int):
        found.putalpha(wide.point(_opaque_unless(colour), "L"))
    return found


@cache
def _high_bytes() -> Sequence[int]:
    return [sample >> 8 for sample in range(1 << 16)]


@cache
def _opaque_unless(colour: int) -> Sequence[int]:
    return [0 if sample == colour else 255 for sample in range(1 << 16)]


def _of_rgb48(high: Image.Image, low: Image.Image) -> Image.Image:
    colour = high.info.pop("transparency")
    differences = [
        channel.point([0 if sample == byte else 255 for sample in range(256)])
        for half, shift in ((high, 8), (low, 0))
        for channel, byte in zip(half.split(), (sample >> shift & 0xFF for sample in colour), strict=True)
    ]
    found = high.convert("RGBA")
    found.putalpha(reduce(ImageChops.lighter, differences))
    return found
