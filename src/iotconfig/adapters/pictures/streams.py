"""Extraction of the first picture from an endless body, such as a camera's (MJPEG), or from one of unknown length.

Most cameras send `multipart/x-mixed-replace`, with variations: the line between two pictures is the
declared boundary with or without two leading dashes, or another one; parts have a length or none; the
last part may be followed by nothing until something moves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message
from typing import Final

from .jpeg_ends import END, SCAN, START

_HEADERS: Final = 8 * 1024
"""The most bytes before a picture."""

_LINE: Final = 256
"""The bytes within which an undeclared stream is recognised."""

_PARTS: Final = 100
"""The most parts without a picture before the first one with a picture."""

_SEGMENTS: Final = 10_000
"""The most segments and fill bytes before the first scan of a JPEG file."""

_BLANK: Final = re.compile(rb"\r?\n\r?\n")
_LENGTH: Final = re.compile(rb"^content-length:[ \t]*(\d{1,12})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_TYPE: Final = re.compile(rb"^content-type:[ \t]*(text|multipart)/", re.IGNORECASE | re.MULTILINE)
_UNDECLARED: Final = re.compile(rb"\s*--[^\r\n]{1,70}\r?\n\s*content-", re.IGNORECASE)
_MARK: Final = 0xFF


class NoPicture(Exception):
    """The body has no picture; the message names what it is instead."""


class TooLarge(Exception):
    """The body exceeds the size limit."""


def picture_of(blocks: Iterator[bytes], content_type: str, *, is_sized: bool, max_bytes: int) -> bytes:
    """Return the picture in a body: all of it, or the first one of a stream.

    `blocks`: the body as it arrives. `is_sized`: whether the body's length is declared.
    Raises `NoPicture`, `TooLarge`, and the errors of `blocks`.
    """
    body = _Body(blocks, max_bytes)
    while len(body.received) < len(START) and body.more():
        pass
    kind = content_type.partition(";")[0].strip().lower()
    while body.is_dashed() and len(body.received) < _LINE and not _UNDECLARED.match(body.received):
        if not body.more():
            break
    if kind.startswith("multipart/") or _UNDECLARED.match(body.received):
        return _first_part(body, _boundary(content_type))
    if kind.startswith(("video/", "audio/")) and not body.received.startswith(START):
        raise NoPicture(f"it is {kind}, not a picture: use the camera's URL for pictures")
    if not is_sized:
        return body.until_end_of_jpeg(0) or body.rest()
    return body.rest()


class _Body:
    """The part of a body that has arrived."""

    def __init__(self, blocks: Iterator[bytes], max_bytes: int) -> None:
        self._blocks = blocks
        self._max_bytes = max_bytes
        self.received = bytearray()

    def more(self) -> bool:
        """Wait for another block. Returns False at the end."""
        block = next(self._blocks, b"")
        self.received += block
        if len(self.received) > self._max_bytes:
            raise TooLarge
        return bool(block)

    def rest(self) -> bytes:
        """Read to the end, and return the whole body."""
        while self.more():
            pass
        return bytes(self.received)

    def is_dashed(self) -> bool:
        """Whether it may be an undeclared stream: no picture begins with dashes."""
        return bytes(self.received[:_LINE].lstrip()[:2]) in (b"--", b"-", b"")

    def until_end_of_jpeg(self, start: int, mark: bytes = END) -> bytes:
        """Return the JPEG file that begins at `start`; empty if there is none, or its end is missing.

        A thumbnail before the first scan has an end marker of its own. `mark`: the bytes that follow a file without
        an end marker.
        """
        while len(self.received) < start + len(START) and self.more():
            pass
        if not self.received.startswith(START, start):
            return b""
        seen, end = self._first_scan(start + len(START)), re.compile(re.escape(END) + b"|" + re.escape(mark))
        while (found := end.search(self.received, seen)) is None:
            seen = max(seen, len(self.received) - len(mark))
            if not self.more():
                return b""
        stop = found.end() if found[0] == END else found.start()
        return bytes(self.received[start:stop])

    def _first_scan(self, position: int) -> int:
        """Return the position of the first scan of a JPEG file, behind the segments of known length."""
        data = self.received
        for _ in range(_SEGMENTS):
            while len(data) < position + 4:
                if not self.more():
                    return position
            if data[position] != _MARK or data[position + 1] == SCAN:
                break
            length = int.from_bytes(data[position + 2 : position + 4])
            position += 1 if data[position + 1] == _MARK else 2 + length
        return position


def _boundary(content_type: str) -> bytes:
    """Return the declared boundary, without leading dashes."""
    message = Message()
    message["content-type"] = content_type
    declared = message.get_param("boundary", "")
    return (
        (declared if isinstance(declared, str) else declared[2])
        .strip()
        .lstrip("-")
        .encode("latin-1", "replace")
    )


def _first_part(body: _Body, declared: bytes) -> bytes:
    position = 0
    for _ in range(_PARTS):
        position, headers, delimiter = _headers(body, position, declared)
        content, position = _content(body, position, headers, delimiter)
        if content.strip() and not _TYPE.search(headers):
            return content
        if len(body.received) <= position and not body.more():
            raise NoPicture("its server ended the stream before the first picture")
    raise NoPicture("it is a stream that does not begin with a picture")


def _headers(body: _Body, position: int, declared: bytes) -> tuple[int, bytes, bytes]:
    """Return the position of the part's content, its headers, and the line that ends parts."""
    while (end := _BLANK.search(body.received, _skipped(body.received, position))) is None:
        if len(body.received) - position > _HEADERS or not body.more():
            raise NoPicture("it is a stream that does not begin with a picture")
    lines = bytes(body.received[position : end.start()]).strip().splitlines()
    marked = [line for line in lines if line.lstrip(b"-").startswith(declared)] if declared else []
    delimiter = (marked or lines or [b""])[0].strip()
    if b":" in delimiter and not delimiter.startswith(b"--"):
        delimiter = b"--" + declared
    return end.end(), b"\n".join(lines), delimiter


def _skipped(data: bytearray, position: int) -> int:
    """Return the first position from there on that is not a line break."""
    while position < len(data) and data[position] in b"\r\n":
        position += 1
    return position


def _content(body: _Body, start: int, headers: bytes, delimiter: bytes) -> tuple[bytes, int]:
    """Return the content of a part, and the position of its end."""
    if found := _LENGTH.search(headers):
        length = int(found[1])
        while len(body.received) < start + length and body.more():
            pass
        return bytes(body.received[start : start + length]), start + length
    mark, seen = b"\n" + delimiter, max(0, start - 1)
    # A delimiter of dashes alone may occur inside a picture.
    if jpeg := body.until_end_of_jpeg(start, mark if delimiter.strip(b"-") else END):
        return jpeg, start + len(jpeg)
    # In an empty part, the delimiter follows at once.
    while (end := body.received.find(mark, seen)) < 0:
        seen = max(seen, len(body.received) - len(mark))
        if not body.more():
            end = len(body.received)
            break
    return bytes(body.received[start:end]).removesuffix(b"\r"), end
