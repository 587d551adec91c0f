"""Files of pictures to serve, requests for them, and an independent decoder for the answers."""

from __future__ import annotations

import random
import socket
import struct
import zlib
from collections.abc import Mapping
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

from lvglimg.decoder import decode
from PIL import Image, ImageChops

from .http import Answer, Caller, Client

PATH = "/api/images/lvgl"
HEADER_BYTES = 12


def ask(client: Caller, url: str, send: Mapping[str, str] | None = None, **parameters: str) -> Answer:
    """Request the picture at `url` from the service, with these headers."""
    return client.request("GET", f"{PATH}?{urlencode({'url': url, **parameters})}", headers=send)


def slow_reader(client: Client, url: str) -> socket.socket:
    """A connection that requests the picture at `url`, and receives little of the answer before it is read."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(client.timeout)
    connection.connect(client.address)
    path = f"{PATH}?{urlencode({'url': url})}"
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
    return connection


def file_of(image: Image.Image, kind: str, **options: Any) -> bytes:
    """Return the picture as a file of this format."""
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def png(width: int = 8, height: int = 6) -> bytes:
    """A small picture whose pixels all differ."""
    return file_of(noise("RGB", width, height), "PNG")


def noise(mode: str, width: int, height: int) -> Image.Image:
    """A picture of random pixels, equal in every run."""
    size = len(Image.new(mode, (width, height)).tobytes())
    return Image.frombytes(mode, (width, height), random.Random(7).randbytes(size))  # noqa: S311


def smooth(mode: str, width: int, height: int) -> Image.Image:
    """A picture like those of cameras: neighbouring pixels are alike."""
    small = noise("RGBA" if mode == "RGBA" else "RGB", max(2, width // 40), max(2, height // 40))
    return small.resize((width, height), Image.Resampling.BICUBIC).convert(mode)


def apart(one: Image.Image, other: Image.Image) -> int:
    """Return the largest difference between two pictures in any channel of a pixel, weighted by its alpha."""
    bands = ImageChops.difference(one.convert("RGBa"), other.convert("RGBa")).split()
    return max(level for band in bands for level, count in enumerate(band.histogram()) if count)


def seen(answer: bytes) -> Image.Image:
    """Decode an answer with the independent decoder lvglimg."""
    found: Image.Image = decode(answer)
    return found


def header(answer: bytes) -> tuple[int, ...]:
    """Magic, colour format, flags, width, height, stride, reserved."""
    return struct.unpack("<BBHHHHH", answer[:HEADER_BYTES])


def png_chunk(name: bytes, data: bytes) -> bytes:
    """A chunk of a PNG file."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_of(
    width: int,
    height: int,
    pixels: bytes,
    *chunks: bytes,
    depth: int = 8,
    colour: int = 6,
    interlaced: bool = False,
) -> bytes:
    """A PNG file of scan lines that are filtered already, with further chunks before them."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    body = png_chunk(b"IDAT", zlib.compress(pixels))
    return b"".join((b"\x89PNG\r\n\x1a\n", png_chunk(b"IHDR", head), *chunks, body, png_chunk(b"IEND", b"")))


def png_claiming(width: int, height: int) -> bytes:
    """A PNG file whose header declares this many pixels, without any of them."""
    return png_of(width, height, b"")


def bmp_of_one_run(width: int) -> bytes:
    """A BMP file of 1,084 bytes, run-length encoded: Pillow fills its one line pixel by pixel, in Python."""
    head = struct.pack("<IiiHHIIiiII", 40, width, 1, 1, 8, 1, 6, 0, 0, 256, 0)
    return b"BM" + struct.pack("<IHHI", 1084, 0, 0, 1078) + head + bytes(1024) + bytes.fromhex("000201000000")


def jpeg_of_many_scans(scans: int, side: int = 64) -> bytes:
    """A progressive JPEG that repeats its last scan: each one makes the decoder process all pixels."""
    whole = file_of(Image.new("L", (side, side), 99), "JPEG", progressive=True)
    start = whole.rindex(b"\xff\xda")
    return whole[:start] + whole[start:-2] * scans + whole[-2:]


def worst_of_all(side: int) -> dict[str, bytes]:
    """Small files that take a decoder long, with at most `side` times `side` pixels."""
    small, rows = noise("RGB", 8, 6), bytes(1 + 8 * side) * side
    frames = {
        "save_all": True,
        "append_images": [noise("RGB", 8, 6 + n % 2).resize((8, 6)) for n in range(300)],
    }
    bomb = zlib.compress(bytes(1_000_000))
    grown = {
        "zTXt": png_chunk(b"zTXt", b"a\0\0" + bomb) * 100,
        "iTXt": png_chunk(b"iTXt", b"a\0\1\0\0\0" + bomb) * 100,
        "iCCP": png_chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(200_000_000))),
        "empty chunks": png_chunk(b"prVt", b"") * 500_000,
    }
    gif, jpeg = file_of(small, "GIF"), file_of(small, "JPEG")
    return {
        "BMP of one run": bmp_of_one_run(side * side - 1),
        "JPEG of 1,463 scans": jpeg_of_many_scans(1463, 1000),
        "JPEG of 100,000 comments": jpeg[:2] + b"\xff\xfe\0\2" * 100_000 + jpeg[2:],
        "PNG of 16 bits, all zero": png_of(side, side, rows, depth=16),
        "PNG, interlaced": png_of(side, side, rows + bytes(8 * side), depth=16, interlaced=True),
        **{f"PNG, {name}": png_of(8, 6, bytes(6 * 33), chunk) for name, chunk in grown.items()},
        "APNG of 301 frames": file_of(small, "PNG", **frames),
        "GIF of 301 frames": file_of(small, "GIF", **frames),
        "GIF of 1,000,000 comments": gif[:13] + _gif_comments(gif, 1_000_000),
        "WebP of 301 frames": file_of(small, "WEBP", **frames),
    }


def _gif_comments(gif: bytes, count: int) -> bytes:
    """Return the rest of a GIF file after the header, with this many comments."""
    table = 3 * 2 ** ((gif[10] & 7) + 1) if gif[10] & 0x80 else 0
    return gif[13 : 13 + table] + b"\x21\xfe\1x\0" * count + gif[13 + table :]
