"""Decoding and shrinking with Pillow, in a separate process: a file determines how much time and memory it takes."""

from __future__ import annotations

import warnings
from io import BytesIO
from typing import Final

from attrs import frozen
from PIL import ExifTags, Image, ImageChops

from iotconfig.domain.errors import Unprocessable
from iotconfig.domain.pictures import TargetSize

from .jpeg_ends import bits_of, with_ends
from .lvgl import container
from .transparency import rgba, scale_transparency

FORMATS: Final = ("JPEG", "PNG", "GIF", "WebP", "BMP")
"""The formats, in their usual spelling; Pillow uses capitals."""

WEBP_PART: Final = 4
"""The divisor of the pixel limit for WebP, which is decoded at once and in four copies."""

_BAND: Final = 512 * 1024
"""Pixels per band of the conversion."""

_SPARE: Final = 2
"""The factor by which the fast methods leave a picture larger than the result, to preserve its quality."""

_BITS: Final = 8
"""The supported sample precision of JPEG, in bits."""

_SIDEWAYS: Final = frozenset({5, 6, 7, 8})
_CORRECTIONS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""The transposition that corrects each Exif orientation."""


@frozen
class PillowPictureConverter:
    """Shrinks pictures for LVGL. Of an animation it takes the first frame.

    Switches Pillow's warnings about odd files off for the process.
    """

    max_pixels: int
    """The limit, checked against the header before anything is decoded."""

    def __attrs_post_init__(self) -> None:
        warnings.filterwarnings("ignore", module=r"PIL\.")
        warnings.filterwarnings("error", category=Image.DecompressionBombWarning)

    def convert(self, file: bytes, box: TargetSize) -> bytes:
        """See `PictureConverter.convert`. Returns an LVGL 9 image in ARGB8888."""
        try:
            picture = self._shrunk(file, box)
            return container(*picture.size, picture.tobytes("raw", "BGRA"))
        except Unprocessable:
            raise
        except MemoryError:
            raise _refusal("decoding it takes too much memory") from None
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise _too_many(self.max_pixels) from None
        except Exception:  # noqa: BLE001 - decoders raise any exception on malformed files
            if (bits := bits_of(file)) > _BITS:
                raise _refusal(f"its samples have {bits} bits, and {_BITS} are supported") from None
            raise _refusal(f"it is not a complete {', '.join(FORMATS[:-1])} or {FORMATS[-1]} file") from None

    def _shrunk(self, file: bytes, box: TargetSize) -> Image.Image:
        ended = with_ends(file)
        loaded = self._loaded(ended[0] if ended else file, box)
        if ended and not _are_alike(loaded.image, self._loaded(ended[1], box).image):
            raise OSError("a truncated JPEG file")
        orientation = _orientation(loaded.image)
        size = loaded.sideways if orientation in _SIDEWAYS else loaded.upright
        shrunk = _shrink(loaded.image, loaded.low, size)
        return shrunk.transpose(_CORRECTIONS[orientation]) if orientation in _CORRECTIONS else shrunk

    def _loaded(self, file: bytes, box: TargetSize) -> _Loaded:
        with Image.open(BytesIO(file), formats=[name.upper() for name in FORMATS]) as image:
            limit = self.max_pixels // (WEBP_PART if image.format == "WEBP" else 1)
            if image.width * image.height > limit:
                raise _too_many(limit)
            upright, sideways = box.fit(*image.size), box.turned().fit(*image.size)
            # A JPEG can be decoded at a half, a quarter or an eighth of its size.
            image.draft(None, (_SPARE * max(upright[0], sideways[0]), _SPARE * max(upright[1], sideways[1])))
            low = scale_transparency(image, file)
            image.load()
            return _Loaded(image, low, upright, sideways)


@frozen
class _Loaded:
    """A decoded picture, and the sizes to shrink it to."""

    image: Image.Image
    low: Image.Image | None
    """The low bytes of its samples, where they have 16 bits and the transparent colour needs all of them."""
    upright: tuple[int, int]
    sideways: tuple[int, int]
    """The size for a picture that is rotated afterwards."""


def _are_alike(one: Image.Image, other: Image.Image) -> bool:
    """Whether all pixels are equal. Compared in bands, because the difference is a picture itself."""
    width, height = one.size
    rows = max(1, _BAND // width)
    bands = [(0, top, width, min(top + rows, height)) for top in range(0, height, rows)]
    return not any(ImageChops.difference(one.crop(band), other.crop(band)).getbbox() for band in bands)


def _shrink(image: Image.Image, low: Image.Image | None, size: tuple[int, int]) -> Image.Image:
    """Return the picture in this size, as RGBA. Pillow weights colours by their alpha."""
    if image.size == size:
        return _in_bands(image, low, 1)
    factor = max(1, min(image.width // (size[0] * _SPARE), image.height // (size[1] * _SPARE)))
    box = (0, 0, image.width / factor, image.height / factor)
    return _in_bands(image, low, factor).resize(size, Image.Resampling.BICUBIC, box)


def _in_bands(image: Image.Image, low: Image.Image | None, factor: int) -> Image.Image:
    """Return the picture as RGBA, each square of `factor` by `factor` pixels merged into one.

    Works in bands: a whole copy takes a hundred megabytes.
    """
    width, height = image.size
    whole = Image.new("RGBA", (-(-width // factor), -(-height // factor)))
    rows = max(1, _BAND // (width * factor)) * factor
    for top in range(0, height, rows):
        part = (0, top, width, min(top + rows, height))
        band = rgba(image.crop(part), low and low.crop(part))
        whole.paste(band.reduce(factor) if factor > 1 else band, (0, top // factor))
    return whole


def _orientation(image: Image.Image) -> int | None:
    """Return the Exif orientation, or None."""
    try:
        return image.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # noqa: BLE001 - malformed metadata counts as absent
        return None


def _too_many(limit: int) -> Unprocessable:
    return _refusal(f"it has more than {limit} pixels")


def _refusal(why: str) -> Unprocessable:
    return Unprocessable(f"The picture cannot be decoded: {why}.")
