"""Camera streams: the first picture of a multipart stream, in each form of framing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from iotconfig.adapters.pictures.streams import NoPicture, TooLarge, picture_of
from tests.support.pictures import file_of, png, smooth

SMALL = file_of(smooth("RGB", 40, 30), "JPEG")
# A thumbnail has an end of its own, long before that of the picture.
JPEG = SMALL[:2] + b"\xff\xe1" + (len(SMALL) + 2).to_bytes(2) + SMALL + SMALL[2:]
PNG = png()
MIXED = "multipart/x-mixed-replace;boundary="


def part(picture: bytes, line: bytes = b"--frame", *headers: bytes, newline: bytes = b"\r\n") -> bytes:
    head = (line, *(headers or (b"Content-Type: image/jpeg",)), b"")
    return newline.join(head) + newline + picture + newline


def sized(picture: bytes) -> bytes:
    return b"Content-Length: %d" % len(picture)


def waiting(data: bytes, size: int) -> Iterator[bytes]:
    """Blocks of a connection; a read after the last one fails the test."""
    for place in range(0, len(data), size):
        yield data[place : place + size]
    pytest.fail("it waited for what does not come")


STREAMS = {
    "as the standard has it": (MIXED + "frame", part(JPEG) + part(JPEG)),
    "a boundary declared with its dashes": (MIXED + "--frame", part(JPEG) + part(JPEG)),
    "a boundary sent without dashes": (MIXED + "frame", part(JPEG, b"frame")),
    "a boundary in quotes, another case of names": ('Multipart/X-Mixed-Replace; Boundary="frame"', part(JPEG)),
    "another boundary than the one declared": (MIXED + "frame", part(JPEG, b"--other")),
    "no boundary declared": ("multipart/x-mixed-replace", part(JPEG)),
    "no type declared": ("", part(JPEG)),
    "another type declared": ("image/jpeg", part(JPEG)),
    "no first boundary": (MIXED + "frame", b"Content-Type: image/jpeg\r\n\r\n" + JPEG + b"\r\n--frame"),
    "a preamble": (MIXED + "frame", b"Hello,\r\nthis is a camera.\r\n" + part(JPEG)),
    "line breaks before it": (MIXED + "frame", b"\r\n\r\n" + part(JPEG)),
    "line breaks of one character": (MIXED + "frame", part(JPEG, newline=b"\n")),
    "lengths": (MIXED + "frame", part(JPEG, b"--frame", b"content-type:image/jpg", sized(JPEG).upper())),
    "a length and no picture's type": (MIXED + "frame", part(JPEG, b"--frame", sized(JPEG))),
    "an empty part before it": (MIXED + "frame", part(b"") + part(JPEG)),
    "a text before it": (MIXED + "frame", part(b"hello", b"--frame", b"Content-Type: text/plain") + part(JPEG)),
    "PNG with lengths": (MIXED + "frame", part(PNG, b"--frame", b"Content-Type: image/png", sized(PNG))),
    "PNG up to the next one": (MIXED + "--frame", part(PNG) + b"--frame\r\n"),
    "one JPEG after the other, without parts": ("video/x-motion-jpeg", JPEG + JPEG),
    "one JPEG on a connection that stays open": ("image/jpeg", JPEG),
    "one JPEG and what a camera fills up with": ("application/octet-stream", JPEG + bytes(100)),
}  # fmt: skip


@pytest.mark.parametrize("size", [1, 7, 100_000])
@pytest.mark.parametrize("kind", STREAMS)
def test_the_first_picture_of_a_stream_is_taken_at_once(kind: str, size: int) -> None:
    """No data after the picture is awaited, however the network splits the stream."""
    content_type, data = STREAMS[kind]
    found = picture_of(waiting(data, size), content_type, is_sized=False, max_bytes=1_000_000)

    assert (PNG if kind.startswith("PNG") else JPEG) == found


@pytest.mark.parametrize(
    "content_type", ["", "image/jpg", "text/html", "application/octet-stream", "image/png"]
)
@pytest.mark.parametrize("is_sized", [True, False])
@pytest.mark.parametrize("body", [PNG, JPEG, JPEG[:-2], b"", b"-", b"--", b"--x\r\n"], ids=range(7))
def test_a_body_with_a_length_is_read_whole(content_type: str, is_sized: bool, body: bytes) -> None:
    """The length decides, since cameras send wrong media types."""
    found = picture_of(iter([body[:9], body[9:]]), content_type, is_sized=is_sized, max_bytes=1_000_000)

    assert body == found


@pytest.mark.parametrize(
    ("content_type", "data"),
    [
        ("video/mp4", b"\0\0\0\x20ftypisom" + bytes(100)),
        ("audio/basic", b".snd" + bytes(100)),
        (MIXED + "frame", b"x" * 20_000),
        (MIXED + "frame", part(b"") * 1000),
        (MIXED + "frame", b"--frame\r\nA: " + b"x" * 20_000),
    ],
)
def test_a_stream_of_something_else_is_refused_at_once(content_type: str, data: bytes) -> None:
    """The end of the stream is not awaited."""
    with pytest.raises(NoPicture):
        picture_of(waiting(data, 1000), content_type, is_sized=False, max_bytes=1_000_000)


def test_a_stream_that_ends_before_a_picture_is_refused() -> None:
    """Empty parts are not pictures."""
    with pytest.raises(NoPicture):
        picture_of(iter([part(b"") * 3]), MIXED + "frame", is_sized=False, max_bytes=1_000_000)


@pytest.mark.parametrize("content_type", [MIXED + "frame", "image/jpeg"])
@pytest.mark.parametrize(
    "start", [b"", JPEG[:-2], part(b"\xff\xd8\xff"), part(b"x", b"--frame", b"Content-Length: 99999999999")]
)
def test_a_picture_without_an_end_is_too_large(content_type: str, start: bytes) -> None:
    """A stream has the same limit as a file."""

    def endless() -> Iterator[bytes]:
        yield start
        while True:
            yield b"\r\n" + bytes(1000)

    with pytest.raises((TooLarge, NoPicture)):
        picture_of(endless(), content_type, is_sized=False, max_bytes=50_000)


@pytest.mark.parametrize("filling", [b"\xff" * 100_000, b"\xff\xe0\0\2" * 100_000], ids=["bytes", "segments"])
def test_padding_is_parsed_up_to_a_limit(filling: bytes) -> None:
    """Parsing costs time in the worker; beyond the limit the file is passed to the decoder as it is."""
    file = JPEG[:2] + filling + JPEG[2:]

    assert file.startswith(picture_of(iter([file]), "", is_sized=False, max_bytes=1_000_000))
