"""Shrinking: how good it is, what it takes, and what it refuses before it takes it."""

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
    """More pixels than are converted at a time, and their file."""
    image = smooth(mode, 1900, 1300)
    return image, file_of(image, "PNG", compress_level=1)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_a_large_picture_that_fits_comes_as_it_is(mode: str) -> None:
    """It is converted in bands, and no row is lost, doubled or moved between two."""
    image, file = large(mode)

    assert image.convert("RGBA").tobytes() == seen(converter().convert(file, TargetSize())).tobytes()


@pytest.mark.parametrize("size", [(1000, 700), (475, 325), (320, 240), (100, 100), (7, 5), (1, 1)])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_shrunk_picture_is_as_good_as_one_shrunk_at_once(mode: str, size: tuple[int, int]) -> None:
    """The quick way in bands gives what Pillow's slow way over the whole picture gives."""
    image, file = large(mode)
    found = seen(converter().convert(file, TargetSize(*size)))

    assert TargetSize(*size).fit(*image.size) == found.size
    assert apart(image.resize(found.size, Image.Resampling.BICUBIC), found) <= 6


def test_colours_that_nobody_sees_do_not_shine_through() -> None:
    """Beside what is transparent, a colour stays itself, and only its alpha fades."""
    image = Image.new("RGBA", (64, 64), (255, 0, 0, 0))
    image.paste((0, 255, 0, 255), (0, 0, 33, 64))
    found = seen(converter().convert(file_of(image, "PNG"), TargetSize(16, 16)))
    data = found.tobytes()
    pixels = [data[place : place + 4] for place in range(0, len(data), 4)]

    assert {b"\0\xff\0"} == {pixel[:3] for pixel in pixels if pixel[3]}
    assert 3 <= len({pixel[3] for pixel in pixels})


def test_a_large_jpeg_is_decoded_small() -> None:
    """At an eighth, which its format allows: it stays what it was."""
    image = smooth("RGB", 1600, 1200)
    found = seen(converter().convert(file_of(image, "JPEG", quality=95), TargetSize(80, 60)))

    assert apart(image.resize((80, 60), Image.Resampling.BICUBIC).convert("RGBA"), found) <= 12


@pytest.mark.parametrize("kind", UNREADABLE)
def test_what_is_no_picture_is_refused(kind: str) -> None:
    """In one sentence that says which pictures can be read; formats that run programs are not among them."""
    with pytest.raises(Unprocessable, match="not a complete JPEG, PNG, GIF, WebP or BMP file"):
        converter().convert(UNREADABLE[kind], TargetSize())


@pytest.mark.parametrize("kind", WHOLE)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_half_a_picture_is_refused(kind: str, share: float) -> None:
    """It is not filled up with grey."""
    file = WHOLE[kind]
    assert (0, 0) < seen(converter().convert(file, TargetSize())).size

    with pytest.raises(Unprocessable, match="not a complete"):
        converter().convert(file[: int(len(file) * share)], TargetSize())


@pytest.mark.parametrize("kind", WHOLE)
def test_spoilt_files_are_refused_or_read(kind: str) -> None:
    """Whatever byte is wrong, the answer is a picture or one kind of refusal."""
    file = WHOLE[kind]
    outcomes = set()
    for place in range(0, len(file), max(1, len(file) // 150)):
        spoilt = file[:place] + bytes([file[place] ^ 0xFF]) + file[place + 1 :]
        try:
            seen(converter().convert(spoilt, TargetSize(10, 10)))
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
def test_too_many_pixels_are_refused_unseen(width: int, height: int) -> None:
    """By the header alone, those included that Pillow warns of and those it refuses itself."""
    with pytest.raises(Unprocessable, match="more than 1000000 pixels"):
        converter(1_000_000).convert(png_claiming(width, height), TargetSize())


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "WEBP"])
def test_the_bound_of_pixels_is_inside(kind: str) -> None:
    """So many are taken, and one row more is not; of WebP a part, as it is decoded in one piece."""
    most = 10_000 * (WEBP_PART if kind == "WEBP" else 1)
    taken, refused = (file_of(smooth("RGB", 100, height), kind) for height in (100, 101))

    assert (100, 100) == seen(converter(most).convert(taken, TargetSize())).size
    with pytest.raises(Unprocessable, match="more than 10000 pixels"):
        converter(most).convert(refused, TargetSize())
