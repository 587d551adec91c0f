"""Shrinking of pictures: quality, use of memory, and refusals before decoding."""

from __future__ import annotations

from functools import cache

import pytest
from PIL import Image

from iotconfig.adapters.pictures.shrink import WEBP_PART, PillowPictureConverter
from iotconfig.domain.errors import Unprocessable
from iotconfig.domain.pictures import TargetSize
from tests.support.pictures import apart, file_of, noise, png_claiming, seen, smooth

UNREADABLE = {
    "nothing": b"",
    "a byte": b"\x89",
    "text": b"hello" * 100,
    "HTML": b"<!doctype html><title>Sign in</title>",
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>',
    "TIFF": file_of(noise("RGB", 4, 4), "TIFF"),
    "ICO": file_of(noise("RGB", 16, 16), "ICO"),
    "PPM": file_of(noise("RGB", 4, 4), "PPM"),
    "EPS": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
    "a PNG without pixels": png_claiming(4, 4),
    "a GIF without frames": b"GIF89a\x04\x00\x04\x00\x00\x00\x00;",
    "a BMP of no width": b"BM" + bytes(60),
}
WHOLE = {
    "PNG": file_of(noise("RGB", 60, 60), "PNG"),
    "JPEG": file_of(smooth("RGB", 300, 300), "JPEG"),
    "JPEG progressive": file_of(smooth("RGB", 300, 300), "JPEG", progressive=True),
    "GIF": file_of(noise("RGB", 60, 60).quantize(200), "GIF"),
    "WEBP": file_of(noise("RGB", 60, 60), "WEBP"),
    "BMP": file_of(noise("RGB", 60, 60), "BMP"),
}


def converter(max_pixels: int = 5_000_000) -> PillowPictureConverter:
    return PillowPictureConverter(max_pixels)


@cache
def large(mode: str) -> tuple[Image.Image, bytes]:
    """A picture with more pixels than one band, and its file."""
    image = smooth(mode, 1900, 1300)
    return image, file_of(image, "PNG", compress_level=1)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_a_large_picture_that_fits_is_converted_exactly(mode: str) -> None:
    """It is converted in bands, and no row is lost, repeated or moved at a border."""
    image, file = large(mode)

    assert image.convert("RGBA").tobytes() == seen(converter().convert(file, TargetSize())).tobytes()


@pytest.mark.parametrize("size", [(1000, 700), (475, 325), (320, 240), (100, 100), (7, 5), (1, 1)])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_shrinking_in_bands_is_as_good_as_at_once(mode: str, size: tuple[int, int]) -> None:
    """The result in bands is close to Pillow's best filter over the whole picture."""
    image, file = large(mode)
    found = seen(converter().convert(file, TargetSize(*size)))

    assert TargetSize(*size).fit(*image.size) == found.size
    assert apart(image.resize(found.size, Image.Resampling.BICUBIC), found) <= 6


def test_transparent_pixels_do_not_tint_their_neighbours() -> None:
    """Next to transparent pixels a colour is kept, and only its alpha changes."""
    image = Image.new("RGBA", (64, 64), (255, 0, 0, 0))
    image.paste((0, 255, 0, 255), (0, 0, 33, 64))
    found = seen(converter().convert(file_of(image, "PNG"), TargetSize(16, 16)))
    data = found.tobytes()
    pixels = [data[place : place + 4] for place in range(0, len(data), 4)]

    assert {b"\0\xff\0"} == {pixel[:3] for pixel in pixels if pixel[3]}
    assert 3 <= len({pixel[3] for pixel in pixels})


def test_a_large_jpeg_is_decoded_small() -> None:
    """It is decoded at an eighth of its size, which its format allows, with the same result."""
    image = smooth("RGB", 1600, 1200)
    found = seen(converter().convert(file_of(image, "JPEG", quality=95), TargetSize(80, 60)))

    assert apart(image.resize((80, 60), Image.Resampling.BICUBIC).convert("RGBA"), found) <= 12


@pytest.mark.parametrize("kind", UNREADABLE)
def test_a_file_that_is_not_a_picture_is_refused(kind: str) -> None:
    """The sentence lists the supported formats; formats that run programs are not supported."""
    with pytest.raises(Unprocessable, match="not a complete JPEG, PNG, GIF, WebP or BMP file"):
        converter().convert(UNREADABLE[kind], TargetSize())


@pytest.mark.parametrize("kind", WHOLE)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_picture_is_refused(kind: str, share: float) -> None:
    """Missing pixels are not replaced by grey."""
    file = WHOLE[kind]
    assert (0, 0) < seen(converter().convert(file, TargetSize())).size

    with pytest.raises(Unprocessable, match="not a complete"):
        converter().convert(file[: int(len(file) * share)], TargetSize())


@pytest.mark.parametrize("kind", WHOLE)
def test_corrupt_files_are_refused_or_read(kind: str) -> None:
    """With any byte changed, the result is a picture or one kind of refusal."""
    file = WHOLE[kind]
    outcomes = set()
    for place in range(0, len(file), max(1, len(file) // 150)):
        corrupt = file[:place] + bytes([file[place] ^ 0xFF]) + file[place + 1 :]
        try:
            seen(converter().convert(corrupt, TargetSize(10, 10)))
            outcomes.add("read")
        except Unprocessable:
            outcomes.add("refused")

    assert "refused" in outcomes


@pytest.mark.parametrize(
    ("width", "height"),
    [
        (1001, 1000),
        (1_000_001, 1),
        (1, 1_000_001),
        (10_000, 10_000),
        (13_000, 13_000),
        (2**31 - 1, 2**31 - 1),
    ],
)
def test_too_many_pixels_are_refused_before_decoding(width: int, height: int) -> None:
    """The header suffices, also at sizes for which Pillow warns or raises an error."""
    with pytest.raises(Unprocessable, match="more than 1000000 pixels"):
        converter(1_000_000).convert(png_claiming(width, height), TargetSize())


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "WEBP"])
def test_the_limit_of_pixels_is_inclusive(kind: str) -> None:
    """One more row is refused; the limit is lower for WebP, which is decoded in one piece."""
    most = 10_000 * (WEBP_PART if kind == "WEBP" else 1)
    taken, refused = (file_of(smooth("RGB", 100, height), kind) for height in (100, 101))

    assert (100, 100) == seen(converter(most).convert(taken, TargetSize())).size
    with pytest.raises(Unprocessable, match="more than 10000 pixels"):
        converter(most).convert(refused, TargetSize())
