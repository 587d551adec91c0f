"""`PictureConverter` with Pillow: reads what comes from anywhere, one picture at a time, and lets others work meanwhile."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from threading import Lock
from time import monotonic
from typing import Final

from attrs import field, frozen
from PIL import ExifTags, Image

from iotconfig.domain.errors import TooManyRequests, Unprocessable
from iotconfig.domain.pictures import RETRY_AFTER, Box

from .deadline import Deadline, TimeIsUp
from .lvgl import container

log = logging.getLogger(__name__)

FORMATS: Final = ("JPEG", "PNG", "GIF", "WebP", "BMP")
"""As their names are spelt; Pillow's are all in capitals."""

WEBP_PART: Final = 4
"""A WebP picture may have a quarter of the pixels: it is decoded in one piece, and in four copies."""

_BLOCK: Final = 1024
"""Bytes that a decoder is given at a time: others have their turn between two."""

_BAND: Final = 512 * 1024
"""Pixels that are converted at a time."""

_SPARE: Final = 2
"""How much larger than the result a picture is left by the quick methods, so that it does not suffer from them."""

_SIDEWAYS: Final = frozenset({5, 6, 7, 8})
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What undoes each orientation of Exif."""


@frozen
class PillowPictureConverter:
    """Shrinks pictures for LVGL. Of what moves, it takes the first frame.

    Pillow's warnings, which tell of oddities in files, are switched off for the process.
    """

    max_pixels: int
    """What a picture may have; known from its header, before anything is decoded."""
    seconds: float
    """What reading a picture may take: some files are made to take hours. So long it waits for others, too."""
    pause: Callable[[], None]
    """Gives others their turn, where requests share a thread."""
    clock: Callable[[], float] = monotonic
    _turn: Lock = field(factory=Lock, init=False)

    def __attrs_post_init__(self) -> None:
        warnings.filterwarnings("ignore", module=r"PIL\.")
        warnings.filterwarnings("error", category=Image.DecompressionBombWarning)

    def convert(self, file: bytes, box: Box) -> bytes:
        """See `PictureConverter.convert`. The answer is an LVGL 9 image in ARGB8888."""
        with self._alone():
            try:
                picture = self._shrunk(file, box, Deadline(self.seconds, self.pause, self.clock))
                return container(*picture.size, picture.tobytes("raw", "BGRA"))
            except Unprocessable:
                raise
            except TimeIsUp:
                raise _refusal(f"reading it takes longer than {self.seconds:g} seconds") from None
            except (Image.DecompressionBombError, Image.DecompressionBombWarning):
                raise _too_many(self.max_pixels) from None
            except Exception as error:  # noqa: BLE001 - decoders raise what they like on files from anywhere
                log.info("a picture cannot be read: %s", type(error).__name__)
                raise _refusal(f"it is no whole {', '.join(FORMATS[:-1])} or {FORMATS[-1]} file") from None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Wait for the pictures ahead, as long as one of them may take, and no longer."""
        if not self._turn.acquire(timeout=self.seconds):
            raise TooManyRequests("Too many pictures are converted at once: try again.", RETRY_AFTER)
        try:
            yield
        finally:
            self._turn.release()

    def _shrunk(self, file: bytes, box: Box, deadline: Deadline) -> Image.Image:
        with Image.open(_Breathing(file, deadline), formats=[name.upper() for name in FORMATS]) as image:
            limit = self.max_pixels // (WEBP_PART if image.format == "WEBP" else 1)
            if image.width * image.height > limit:
                raise _too_many(limit)
            image.decodermaxblock = _BLOCK
            upright, sideways = box.fit(*image.size), box.turned().fit(*image.size)
            # A JPEG can be decoded at a half, a quarter or an eighth of its size.
            image.draft(None, (_SPARE * max(upright[0], sideways[0]), _SPARE * max(upright[1], sideways[1])))
            image.load()
            orientation = _orientation(image)
            shrunk = _shrink(image, sideways if orientation in _SIDEWAYS else upright, deadline)
        return shrunk.transpose(_TURNS[orientation]) if orientation in _TURNS else shrunk


class _Breathing(BytesIO):
    """A file whose reader gives others their turn, and ends at a deadline."""

    def __init__(self, file: bytes, deadline: Deadline) -> None:
        super().__init__(file)
        self._deadline = deadline

    def read(self, size: int | None = -1, /) -> bytes:
        self._deadline.breathe()
        return super().read(size)


def _shrink(image: Image.Image, size: tuple[int, int], deadline: Deadline) -> Image.Image:
    """The picture in this size, as RGBA. Pillow lets colours count as much as they are seen."""
    if image.size == size:
        return _in_bands(image, 1, deadline)
    factor = max(1, min(image.width // (size[0] * _SPARE), image.height // (size[1] * _SPARE)))
    box = (0, 0, image.width / factor, image.height / factor)
    return _in_bands(image, factor, deadline).resize(size, Image.Resampling.BICUBIC, box)


def _in_bands(image: Image.Image, factor: int, deadline: Deadline) -> Image.Image:
    """The picture as RGBA, each square of `factor` by `factor` pixels made one.

    Band by band: a whole copy takes a hundred megabytes, and as long as it takes nobody
    else is served.
    """
    width, height = image.size
    whole = Image.new("RGBA", (-(-width // factor), -(-height // factor)))
    rows = max(1, _BAND // (width * factor)) * factor
    for top in range(0, height, rows):
        band = _rgba(image.crop((0, top, width, min(top + rows, height))))
        whole.paste(band.reduce(factor) if factor > 1 else band, (0, top // factor))
        deadline.breathe()
    return whole


def _rgba(band: Image.Image) -> Image.Image:
    if band.mode.startswith("I"):
        # 16 bits of grey, which Pillow would cap at 255, and not scale.
        band = band.convert("I").point(lambda grey: grey * (1 / 256)).convert("L")
        band.info.pop("transparency", None)
    return band.convert("RGBA")


def _orientation(image: Image.Image) -> int | None:
    """How the picture is to be turned (Exif); None where nothing says so."""
    try:
        return image.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # noqa: BLE001 - metadata that cannot be read is as good as none
        return None


def _too_many(limit: int) -> Unprocessable:
    return _refusal(f"it has more than {limit} pixels")


def _refusal(why: str) -> Unprocessable:
    return Unprocessable(f"The picture cannot be read: {why}.")
