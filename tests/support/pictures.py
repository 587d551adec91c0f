"""Files of pictures to serve, the route that shows them, and what an independent decoder sees in its answers."""

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

from .http import Answer, Client

PATH = "/api/images/lvgl"
HEADER_BYTES = 12


def ask(client: Client, url: str, send: Mapping[str, str] | None = None, **parameters: str) -> Answer:
    """Ask the service for the picture at `url`, in a request with these headers."""
    return client.request("GET", f"{PATH}?{urlencode({'url': url, **parameters})}", headers=send)


def slow_reader(client: Client, url: str) -> socket.socket:
    """A connection that has asked for the picture at `url`, and takes little of an answer before it is read."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(client.timeout)
    connection.connect(client.address)
    path = f"{PATH}?{urlencode({'url': url})}"
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
    return connection


def file_of(image: Image.Image, kind: str, **options: Any) -> bytes:
    """The picture as a file of this kind."""
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def png(width: int = 8, height: int = 6) -> bytes:
    """A small picture whose pixels all differ."""
    return file_of(noise("RGB", width, height), "PNG")


def noise(mode: str, width: int, height: int) -> Image.Image:
    """A picture of random pixels, the same in every run."""
    size = len(Image.new(mode, (width, height)).tobytes())
    return Image.frombytes(mode, (width, height), random.Random(7).randbytes(size))  # noqa: S311


def smooth(mode: str, width: int, height: int) -> Image.Image:
    """A picture as cameras make them: neighbours are alike."""
    small = noise("RGBA" if mode == "RGBA" else "RGB", max(2, width // 40), max(2, height // 40))
    return small.resize((width, height), Image.Resampling.BICUBIC).convert(mode)


def apart(one: Image.Image, other: Image.Image) -> int:
    """How far two pictures are apart, in any channel of any pixel as it is seen."""
    bands = ImageChops.difference(one.convert("RGBa"), other.convert("RGBa")).split()
    return max(level for band in bands for level, count in enumerate(band.histogram()) if count)


def seen(answer: bytes) -> Image.Image:
    """What the independent decoder lvglimg makes of an answer."""
    found: Image.Image = decode(answer)
    return found


def header(answer: bytes) -> tuple[int, ...]:
    """Magic, colour format, flags, width, height, stride, reserved."""
    return struct.unpack("<BBHHHHH", answer[:HEADER_BYTES])


def png_claiming(width: int, height: int) -> bytes:
    """A PNG file whose header promises this many pixels, and which has none of them."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    )


def jpeg_of_many_scans(scans: int, side: int = 64) -> bytes:
    """A progressive JPEG whose last scan comes again and again: each makes the decoder go over all pixels."""
    whole = file_of(Image.new("L", (side, side), 99), "JPEG", progressive=True)
    start = whole.rindex(b"\xff\xda")
    return whole[:start] + whole[start:-2] * scans + whole[-2:]
