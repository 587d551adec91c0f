"""Each kind of picture that files hold, pixel by pixel, as an independent decoder sees it."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image, ImageOps

from iotconfig.adapters.pictures.shrink import PillowPictureConverter
from iotconfig.domain.pictures import Box
from tests.support.pictures import HEADER_BYTES, apart, file_of, header, noise, seen, smooth


@pytest.fixture
def converter() -> PillowPictureConverter:
    """Takes anything."""
    return PillowPictureConverter(max_pixels=1_000_000)


KINDS = {
    "PNG RGB": file_of(noise("RGB", 7, 5), "PNG"),
    "PNG RGBA": file_of(noise("RGBA", 7, 5), "PNG"),
    "PNG grey": file_of(noise("L", 7, 5), "PNG"),
    "PNG grey and alpha": file_of(noise("LA", 7, 5), "PNG"),
    "PNG one bit": file_of(noise("L", 9, 5).convert("1"), "PNG"),
    "PNG palette": file_of(noise("RGB", 7, 5).quantize(16), "PNG"),
    "PNG palette of two": file_of(noise("RGB", 9, 5).quantize(2), "PNG", bits=1),
    "PNG palette, one colour transparent": file_of(noise("RGB", 7, 5).quantize(16), "PNG", transparency=3),
    "PNG palette with alphas": file_of(noise("RGB", 7, 5).quantize(16), "PNG", transparency=bytes(range(0, 256, 16))),
    "PNG RGB, one colour transparent": file_of(Image.new("RGB", (3, 2), (9, 8, 7)), "PNG", transparency=(9, 8, 7)),
    "PNG grey, one transparent": file_of(Image.new("L", (3, 2), 9), "PNG", transparency=9),
    "PNG of one pixel": file_of(noise("RGBA", 1, 1), "PNG"),
    "JPEG": file_of(smooth("RGB", 33, 17), "JPEG", quality=90),
    "JPEG progressive": file_of(smooth("RGB", 33, 17), "JPEG", progressive=True),
    "JPEG grey": file_of(smooth("L", 33, 17), "JPEG"),
    "JPEG CMYK": file_of(smooth("CMYK", 33, 17), "JPEG"),
    "GIF": file_of(noise("RGB", 7, 5).quantize(16), "GIF"),
    "GIF with a transparent colour": file_of(noise("RGB", 7, 5).quantize(16), "GIF", transparency=3),
    "GIF grey": file_of(noise("L", 7, 5), "GIF"),
    "WebP": file_of(smooth("RGB", 33, 17), "WEBP"),
    "WebP lossless with alpha": file_of(noise("RGBA", 7, 5), "WEBP", lossless=True, exact=True),
    "BMP": file_of(noise("RGB", 7, 5), "BMP"),
    "BMP palette": file_of(noise("RGB", 7, 5).quantize(16), "BMP"),
    "BMP grey": file_of(noise("L", 7, 5), "BMP"),
    "BMP one bit": file_of(noise("L", 9, 5).convert("1"), "BMP"),
}  # fmt: skip

MOVING = [noise("RGB", 7, 5), noise("RGB", 7, 5).rotate(180), Image.new("RGB", (7, 5), "red")]


@pytest.mark.parametrize("kind", KINDS)
def test_every_pixel_of_every_kind_arrives(converter: PillowPictureConverter, kind: str) -> None:
    """A picture that fits comes as it is: sizes, colours and alpha."""
    with Image.open(BytesIO(KINDS[kind])) as image:
        expected = image.convert("RGBA")
    answer = converter.convert(KINDS[kind], Box(100, 100))

    assert expected.size == seen(answer).size
    assert expected.tobytes() == seen(answer).tobytes()


@pytest.mark.parametrize("kind", KINDS)
def test_the_header_is_lvgls(converter: PillowPictureConverter, kind: str) -> None:
    """Every field of `lv_image_header_t`, and nothing behind the last row."""
    answer = converter.convert(KINDS[kind], Box(5, 5))
    width, height = seen(answer).size

    assert (0x19, 0x10, 0, width, height, 4 * width, 0) == header(answer)
    assert HEADER_BYTES + 4 * width * height == len(answer)


def test_a_pixel_is_blue_green_red_alpha(converter: PillowPictureConverter) -> None:
    """Written down byte by byte, for a picture that one can draw by hand."""
    image = Image.new("RGBA", (2, 1))
    image.putpixel((0, 0), (1, 2, 3, 4))
    image.putpixel((1, 0), (255, 128, 0, 255))

    expected = "19 10 0000 0200 0100 0800 0000  03 02 01 04  00 80 ff ff"
    assert bytes.fromhex(expected) == converter.convert(file_of(image, "PNG"), Box())


def test_sixteen_bits_of_grey_become_eight(converter: PillowPictureConverter) -> None:
    """Scaled, and not cut off at white."""
    image = Image.new("I;16", (4, 1))
    for x, grey in enumerate((0, 0x1234, 0x80FF, 0xFFFF)):
        image.putpixel((x, 0), grey)
    found = seen(converter.convert(file_of(image, "PNG"), Box()))

    assert [(v, v, v, 255) for v in (0, 0x12, 0x80, 0xFF)] == [found.getpixel((x, 0)) for x in range(4)]


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_of_what_moves_the_first_frame_comes(converter: PillowPictureConverter, kind: str) -> None:
    """And no other."""
    options = {"lossless": True} if kind == "WEBP" else {}
    file = file_of(MOVING[0], kind, save_all=True, append_images=MOVING[1:], **options)
    with Image.open(BytesIO(file)) as image:
        assert 3 == getattr(image, "n_frames", 1)
        expected = image.convert("RGBA").tobytes()

    assert expected == seen(converter.convert(file, Box())).tobytes()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("box", [Box(), Box(20, 40)], ids=["whole", "shrunk"])
def test_a_picture_stands_upright(
    converter: PillowPictureConverter, kind: str, orientation: int, box: Box
) -> None:
    """As its camera says (Exif), in a box that is as upright; for what is shrunk, the shape shows it."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = file_of(smooth("RGB", 64, 48), kind, exif=exif)
    with Image.open(BytesIO(file)) as image:
        upright = ImageOps.exif_transpose(image).convert("RGBA")
    found = seen(converter.convert(file, box))

    assert box.fit(*upright.size) == found.size
    if box == Box():
        assert upright.tobytes() == found.tobytes()
    else:
        assert apart(upright.resize(found.size, Image.Resampling.BICUBIC), found) <= 12


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0nonsense", b"Exif\0\0MM\0*\xff\xff\xff\xff", b"Exif\0\0II*\0\x08\0\0\0\xff\xff"]
)
def test_metadata_that_cannot_be_read_is_as_good_as_none(
    converter: PillowPictureConverter, exif: bytes
) -> None:
    """The picture itself is fine."""
    image = smooth("RGB", 20, 10)
    file = file_of(image, "JPEG", exif=exif)

    assert (20, 10) == seen(converter.convert(file, Box())).size
