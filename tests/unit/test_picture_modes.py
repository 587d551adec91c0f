"""Each colour mode of picture files, compared pixel by pixel with an independent decoder."""

from __future__ import annotations

import struct
from io import BytesIO

import pytest
from PIL import Image, ImageOps

from iotconfig.adapters.pictures.shrink import PillowPictureConverter
from iotconfig.domain.errors import Unprocessable
from iotconfig.domain.pictures import TargetSize
from tests.support.pictures import HEADER_BYTES, apart, file_of, header, noise, seen, smooth
from tests.support.png_modes import png_modes


@pytest.fixture
def converter() -> PillowPictureConverter:
    """A converter without a limit on pixels."""
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
def test_pictures_that_fit_are_converted_exactly(converter: PillowPictureConverter, kind: str) -> None:
    """Size, colours and alpha of a picture that fits are unchanged."""
    with Image.open(BytesIO(KINDS[kind])) as image:
        expected = image.convert("RGBA")
    answer = converter.convert(KINDS[kind], TargetSize(100, 100))

    assert expected.size == seen(answer).size
    assert expected.tobytes() == seen(answer).tobytes()


@pytest.mark.parametrize("kind", KINDS)
def test_the_header_of_lvgl(converter: PillowPictureConverter, kind: str) -> None:
    """Every field of `lv_image_header_t` is correct, and nothing follows the last row."""
    answer = converter.convert(KINDS[kind], TargetSize(5, 5))
    width, height = seen(answer).size

    assert (0x19, 0x10, 0, width, height, 4 * width, 0) == header(answer)
    assert HEADER_BYTES + 4 * width * height == len(answer)


def test_a_pixel_is_blue_green_red_alpha(converter: PillowPictureConverter) -> None:
    """The bytes of a small picture equal those written out by hand."""
    image = Image.new("RGBA", (2, 1))
    image.putpixel((0, 0), (1, 2, 3, 4))
    image.putpixel((1, 0), (255, 128, 0, 255))

    expected = "19 10 0000 0200 0100 0800 0000  03 02 01 04  00 80 ff ff"
    assert bytes.fromhex(expected) == converter.convert(file_of(image, "PNG"), TargetSize())


def test_sixteen_bits_of_grey_become_eight(converter: PillowPictureConverter) -> None:
    """Values are scaled, not clipped at white."""
    image = Image.new("I;16", (4, 1))
    for x, grey in enumerate((0, 0x1234, 0x80FF, 0xFFFF)):
        image.putpixel((x, 0), grey)
    found = seen(converter.convert(file_of(image, "PNG"), TargetSize()))

    assert [(v, v, v, 255) for v in (0, 0x12, 0x80, 0xFF)] == [found.getpixel((x, 0)) for x in range(4)]


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_the_first_frame_of_an_animation_is_used(converter: PillowPictureConverter, kind: str) -> None:
    """The other frames are ignored."""
    options = {"lossless": True} if kind == "WEBP" else {}
    file = file_of(MOVING[0], kind, save_all=True, append_images=MOVING[1:], **options)
    with Image.open(BytesIO(file)) as image:
        assert 3 == getattr(image, "n_frames", 1)
        expected = image.convert("RGBA").tobytes()

    assert expected == seen(converter.convert(file, TargetSize())).tobytes()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("box", [TargetSize(), TargetSize(20, 40)], ids=["whole", "shrunk"])
def test_the_exif_orientation_is_applied(
    converter: PillowPictureConverter, kind: str, orientation: int, box: TargetSize
) -> None:
    """The picture is rotated before it is shrunk into the box, as the shape of the result shows."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = file_of(smooth("RGB", 64, 48), kind, exif=exif)
    with Image.open(BytesIO(file)) as image:
        upright = ImageOps.exif_transpose(image).convert("RGBA")
    found = seen(converter.convert(file, box))

    assert box.fit(*upright.size) == found.size
    if box == TargetSize():
        assert upright.tobytes() == found.tobytes()
    else:
        assert apart(upright.resize(found.size, Image.Resampling.BICUBIC), found) <= 12


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0nonsense", b"Exif\0\0MM\0*\xff\xff\xff\xff", b"Exif\0\0II*\0\x08\0\0\0\xff\xff"]
)
def test_invalid_metadata_is_ignored(converter: PillowPictureConverter, exif: bytes) -> None:
    """The picture itself is converted."""
    image = smooth("RGB", 20, 10)
    file = file_of(image, "JPEG", exif=exif)

    assert (20, 10) == seen(converter.convert(file, TargetSize())).size


@pytest.mark.parametrize(
    ("file", "pixels"), [pytest.param(file, pixels, id=name) for name, file, pixels in png_modes()]
)
def test_every_pixel_of_every_mode_of_png(
    converter: PillowPictureConverter, file: bytes, pixels: list[tuple[int, int, int, int]]
) -> None:
    """All bit depths and kinds of transparency are exact; gamma chunks do not change the values."""
    data = converter.convert(file, TargetSize())[HEADER_BYTES:]
    found = [(data[n + 2], data[n + 1], data[n], data[n + 3]) for n in range(0, len(data), 4)]

    assert pixels == found


def without_end(kind: str) -> bytes:
    return KINDS[kind].removesuffix(b"\xff\xd9")


@pytest.mark.parametrize("kind", ["JPEG", "JPEG progressive", "JPEG grey", "JPEG CMYK"])
@pytest.mark.parametrize("tail", [b"", b"\0" * 300, b"\r\n", b"\xff", b"\xff\xff\xff"], ids=range(5))
def test_a_jpeg_without_an_end_or_with_padding_is_whole(
    converter: PillowPictureConverter, kind: str, tail: bytes
) -> None:
    """A missing end marker, or bytes after it, do not matter if all pixels are there."""
    expected = converter.convert(KINDS[kind], TargetSize())

    assert expected == converter.convert(without_end(kind) + tail, TargetSize())
    assert expected == converter.convert(KINDS[kind] + tail, TargetSize())


@pytest.mark.parametrize("kind", ["JPEG", "JPEG progressive", "JPEG grey"])
@pytest.mark.parametrize("tail", [b"", b"\0" * 300], ids=["", "filled up"])
@pytest.mark.parametrize("share", [0.7, 0.95])
def test_a_truncated_picture_with_padding_is_refused(
    converter: PillowPictureConverter, kind: str, tail: bytes, share: float
) -> None:
    """A missing end marker is distinguished from missing pixels."""
    file = without_end(kind)
    start = file.rindex(b"\xff\xda")
    half = file[: start + int((len(file) - start) * share)]

    with pytest.raises(Unprocessable, match="not a complete"):
        converter.convert(half + tail, TargetSize())


@pytest.mark.parametrize("bits", [12, 16])
def test_jpeg_with_more_than_eight_bits_is_refused(converter: PillowPictureConverter, bits: int) -> None:
    """The sentence names the reason; medical cameras write such files."""
    file = KINDS["JPEG"]
    place = file.index(b"\xff\xc0") + 4

    with pytest.raises(Unprocessable, match=f"samples have {bits} bits, and 8 are supported"):
        converter.convert(file[:place] + bytes([bits]) + file[place + 1 :], TargetSize())


def test_cmyk_is_converted(converter: PillowPictureConverter) -> None:
    """The inverted values that Adobe writes are recognized."""
    image = Image.new("CMYK", (32, 16), (255, 0, 0, 0))
    image.paste((0, 0, 255, 51), (16, 0, 32, 16))
    found = seen(converter.convert(file_of(image, "JPEG", quality=100, subsampling=0), TargetSize()))

    for left, colour in ((0, (0, 255, 255, 255)), (24, (204, 204, 0, 255))):
        expected = Image.new("RGBA", (8, 16), colour)
        assert apart(expected, found.crop((left, 0, left + 8, 16))) <= 3


def test_bmp_with_alpha(converter: PillowPictureConverter) -> None:
    """A file that declares the bits of alpha has it; a file of 32 bits without the declaration is opaque."""
    masks = struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    pixels = bytes((1, 2, 3, 4, 5, 6, 7, 0))
    fields = struct.pack("<IiiHHIIiiII", 108, 2, -1, 1, 32, 3, 8, 0, 0, 0, 0) + masks + bytes(52)
    plain = struct.pack("<IiiHHIIiiII", 40, 2, -1, 1, 32, 0, 8, 0, 0, 0, 0)
    for head, expected in ((fields, pixels), (plain, bytes((1, 2, 3, 255, 5, 6, 7, 255)))):
        file = b"BM" + struct.pack("<IHHI", 22 + len(head), 0, 0, 14 + len(head)) + head + pixels

        assert expected == converter.convert(file, TargetSize())[HEADER_BYTES:]


def test_a_gif_frame_smaller_than_its_screen_leaves_the_rest_transparent(
    converter: PillowPictureConverter,
) -> None:
    """The rest is transparent, as in browsers."""
    frame = file_of(noise("RGB", 2, 1).quantize(4), "GIF", transparency=3)
    found = seen(converter.convert(frame[:6] + struct.pack("<HH", 4, 3) + frame[10:], TargetSize()))

    assert (4, 3) == found.size
    assert bytes((255, 255, 0, 0, *bytes(8))) == found.getchannel("A").tobytes()
