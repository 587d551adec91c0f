"""The first picture of what a server sends without end, as cameras do (MJPEG), or without saying where it ends.

Most send `multipart/x-mixed-replace`, each in its own way: the line between two pictures is the
boundary of the header with two dashes before it, or without, or another one; parts have a length, or
none; the last one is followed by nothing for as long as nothing moves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message
from typing import Final

from .jpeg_ends import END, SCAN, START

_HEADERS: Final = 8 * 1024
"""Bytes that may stand before a picture."""

_LINE: Final = 256
"""Bytes by which a stream that nothing declared is known."""

_PARTS: Final = 100
"""Parts without a picture that may come before one."""

_SEGMENTS: Final = 10_000
"""Segments and bytes that fill up, before the first scan of a JPEG file, which are looked at."""

_BLANK: Final = re.compile(rb"\r?\n\r?\n")
_LENGTH: Final = re.compile(rb"^content-length:[ \t]*(\d{1,12})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_TYPE: Final = re.compile(rb"^content-type:[ \t]*(text|multipart)/", re.IGNORECASE | re.MULTILINE)
_UNDECLARED: Final = re.compile(rb"\s*--[^\r\n]{1,70}\r?\n\s*content-", re.IGNORECASE)
_MARK: Final = 0xFF


class NoPicture(Exception):
    """What comes holds none; the message says what it is instead."""


class TooLarge(Exception):
    """More bytes came than may."""


def picture_of(blocks: Iterator[bytes], content_type: str, *, is_sized: bool, max_bytes: int) -> bytes:
    """The picture in a body: all of it, or the first one of a stream.

    `blocks`: the body, as it comes. `is_sized`: the length of the body is known, so that its end comes.
    Raises `NoPicture` and `TooLarge`, and what `blocks` raises.
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
        raise NoPicture(f"it is {kind}, not a picture: use the URL that the camera has for pictures")
    if not is_sized:
        return body.until_end_of_jpeg(0) or body.rest()
    return body.rest()


class _Body:
    """What has come of a body."""

    def __init__(self, blocks: Iterator[bytes], max_bytes: int) -> None:
        self._blocks = blocks
        self._max_bytes = max_bytes
        self.received = bytearray()

    def more(self) -> bool:
        """Wait for another block; False at the end."""
        block = next(self._blocks, b"")
        self.received += block
        if len(self.received) > self._max_bytes:
            raise TooLarge
        return bool(block)

    def rest(self) -> bytes:
        """All of it."""
        while self.more():
            pass
        return bytes(self.received)

    def is_dashed(self) -> bool:
        """Whether it may be a stream that nothing declared: no picture begins with dashes."""
        return bytes(self.received[:_LINE].lstrip()[:2]) in (b"--", b"-", b"")

    def until_end_of_jpeg(self, start: int, mark: bytes = END) -> bytes:
        """The JPEG file that begins there, without what follows it; nothing where there is no such file, or no end.

        A thumbnail before the first scan has an end of its own. `mark`: what stands behind a file that lacks its end.
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

    def _first_scan(self, place: int) -> int:
        """Where the segments of a JPEG file end whose lengths are known."""
        data = self.received
        for _ in range(_SEGMENTS):
            while len(data) < place + 4:
                if not self.more():
                    return place
            if data[place] != _MARK or data[place + 1] == SCAN:
                break
            place += 1 if data[place + 1] == _MARK else 2 + int.from_bytes(data[place + 2 : place + 4])
        return place


def _boundary(content_type: str) -> bytes:
    """The boundary that the header declares, without dashes before it."""
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
    place = 0
    for _ in range(_PARTS):
        place, headers, delimiter = _headers(body, place, declared)
        content, place = _content(body, place, headers, delimiter)
        if content.strip() and not _TYPE.search(headers):
            return content
        if len(body.received) <= place and not body.more():
            raise NoPicture("its server ended the stream before the first picture")
    raise NoPicture("it is a stream that does not begin with a picture")


def _headers(body: _Body, place: int, declared: bytes) -> tuple[int, bytes, bytes]:
    """Where the content of the part begins, its headers, and the line that ends parts."""
    while (end := _BLANK.search(body.received, _skipped(body.received, place))) is None:
        if len(body.received) - place > _HEADERS or not body.more():
            raise NoPicture("it is a stream that does not begin with a picture")
    lines = bytes(body.received[place : end.start()]).strip().splitlines()
    marked = [line for line in lines if line.lstrip(b"-").startswith(declared)] if declared else []
    delimiter = (marked or lines or [b""])[0].strip()
    if b":" in delimiter and not delimiter.startswith(b"--"):
        delimiter = b"--" + declared
    return end.end(), b"\n".join(lines), delimiter


def _skipped(data: bytearray, place: int) -> int:
    """The first place from there on that is no line break."""
    while place < len(data) and data[place] in b"\r\n":
        place += 1
    return place


def _content(body: _Body, start: int, headers: bytes, delimiter: bytes) -> tuple[bytes, int]:
    """What a part holds, and where it ends."""
    if found := _LENGTH.search(headers):
        length = int(found[1])
        while len(body.received) < start + length and body.more():
            pass
        return bytes(body.received[start : start + length]), start + length
    mark, seen = b"\n" + delimiter, max(0, start - 1)
    # Dashes alone, where nothing else is known, may stand in a picture as well.
    if jpeg := body.until_end_of_jpeg(start, mark if delimiter.strip(b"-") else END):
        return jpeg, start + len(jpeg)
    # A part without anything in it is followed by the mark at once.
    while (end := body.received.find(mark, seen)) < 0:
        seen = max(seen, len(body.received) - len(mark))
        if not body.more():
            end = len(body.received)
            break
    return bytes(body.received[start:end]).removesuffix(b"\r"), end
