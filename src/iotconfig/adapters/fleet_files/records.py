"""Streams of records: NDJSON, or a document `{"configs": […]}`. Neither is read into memory as a whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import BinaryIO, Final, TypeVar, cast

from attrs import define, frozen

from iotconfig.adapters.codec import BodyReader, entry_of
from iotconfig.domain.configs.bulk import BulkEntry, BulkRefusal
from iotconfig.domain.documents.line_ends import UTF8_MARK
from iotconfig.domain.errors import ContentTooLarge, InvalidDocument, IotConfigError, ValidationFailed

T = TypeVar("T")

_BLOCK: Final = 64 * 1024
_LOOKED_AT: Final = 256 * 1024
_HEAD: Final = re.compile(rb'[ \t\r\n]*\{[ \t\r\n]*"configs"[ \t\r\n]*:[ \t\r\n]*\[')
_HEAD_BYTES: Final = 1024
_SPACE: Final = re.compile(rb"[ \t\r\n]*")
# The group is empty if the buffer ends within a string.
_MARK: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*("?)|[\[\]{}]', re.DOTALL)


class RecordForm(StrEnum):
    """The form of the records of a file."""

    NDJSON = "ndjson"
    DOCUMENT = "document"


@frozen
class RecordFile:
    """The records of a seekable file, from its beginning, as `read_ndjson` and `read_document` give them."""

    file: BinaryIO
    form: RecordForm
    max_content_bytes: int
    give_turn: Callable[[], None] | None = None
    """Called before each read, so that other requests of the thread run, also if no record is found."""

    def __iter__(self) -> Iterator[BulkEntry | BulkRefusal]:
        self.file.seek(0)
        file = self.file
        if self.give_turn is not None:
            file = cast("BinaryIO", PausingFile(file, self.give_turn))
        read = read_ndjson if self.form is RecordForm.NDJSON else read_document
        return read(file, "", self.max_content_bytes)

    def may_have_more_than(self, count: int) -> bool:
        """Whether there may be more than `count` records, by the first 256 KiB, without parsing."""
        return may_have_more_than(self.file, count, b"\n" if self.form is RecordForm.NDJSON else b"{")


def may_have_more_than(file: BinaryIO, count: int, mark: bytes = b"\n") -> bool:
    """Whether there may be more than `count` records, by their marks in the first 256 KiB of a seekable file."""
    file.seek(0)
    head = file.read(_LOOKED_AT + 1)
    return len(head) > _LOOKED_AT or head.count(mark) > count


class PausingFile:
    """A file that yields to the worker's other requests before each read."""

    def __init__(self, file: BinaryIO, give_turn: Callable[[], None]) -> None:
        self._file = file
        self._give_turn = give_turn

    def read(self, size: int) -> bytes:
        self._give_turn()
        return self._file.read(size)

    def readline(self, size: int) -> bytes:
        self._give_turn()
        return self._file.readline(size)


def is_document(head: bytes) -> bool:
    """Whether a stream with this beginning is a document `{"configs": […]}`, and not NDJSON."""
    return _HEAD.match(head[:_HEAD_BYTES]) is not None


def read_ndjson(stream: BinaryIO, name: str, max_content_bytes: int) -> Iterator[BulkEntry | BulkRefusal]:
    """Read the records of NDJSON, one in each line; blank lines are skipped.

    Places are `name:line`, or `line n` without a name. A line that is too long is refused without
    reading it into memory, and the following lines are read.
    """
    limit = BodyReader(max_content_bytes).max_body_bytes
    return read_lines(
        stream, name, limit, lambda line, place, number: _entry(line, place, number, max_content_bytes)
    )


def read_lines(
    stream: BinaryIO, name: str, limit: int, entry: Callable[[bytes, str, int], T | BulkRefusal]
) -> Iterator[T | BulkRefusal]:
    """Read records, one in each line, as `entry` reads them; blank lines are skipped.

    limit: bytes of a line; a longer one is refused without reading it into memory.
    entry: gets the line, its place, and its number from 1.
    """
    number = 0
    while line := stream.readline(limit + 1):
        number += 1
        place = _place(name, number)
        if len(line) > limit:
            _skip_line(stream, line)
            yield BulkRefusal(place, _too_large(limit))
        elif not line.isspace():
            yield entry(line, place, number)


def read_document(stream: BinaryIO, name: str, max_content_bytes: int) -> Iterator[BulkEntry | BulkRefusal]:
    """Read the records of a document `{"configs": […]}`. Places are as of NDJSON, by the line where the record begins.

    If the document itself is malformed, its rest cannot be split into records:
    a refusal of the document is the last item.
    """
    limit = BodyReader(max_content_bytes).max_body_bytes
    elements = _Elements(stream, limit)
    try:
        for element in elements:
            yield _entry(element, _place(name, elements.line), elements.line, max_content_bytes)
    except IotConfigError as error:
        yield BulkRefusal(_place(name, elements.line), error)


def _place(name: str, line: int) -> str:
    return f"{name}:{line}" if name else f"line {line}"


def _entry(text: bytes, place: str, line: int, max_content_bytes: int) -> BulkEntry | BulkRefusal:
    """The entry of the record that begins on this line of its stream, or its refusal."""
    try:
        return entry_of(text, place, max_content_bytes)
    except IotConfigError as error:
        return refusal_of(error, text, place, line)


def refusal_of(error: IotConfigError, text: bytes, place: str, line: int) -> BulkRefusal:
    """The refusal of the record that begins on this line of its stream; the error names lines of the stream."""
    if isinstance(error, InvalidDocument):
        error = _with_line_of_stream(error, text, line)
    return BulkRefusal(place, error)


def _with_line_of_stream(error: InvalidDocument, text: bytes, line: int) -> ValidationFailed:
    """The error of a record with the line of the stream; a record without a line break may have been cut off."""
    if "pointer" in error.place or "within" in error.place:
        return error
    rule = error.rule
    if not text.endswith((b"\n", b"}")):
        rule += "; it has no line break at its end: it may have been cut off"
    return InvalidDocument(rule, **error.place | {"line": line - 1 + error.place["line"]})


def _skip_line(stream: BinaryIO, line: bytes) -> None:
    while line and not line.endswith(b"\n"):
        line = stream.readline(_BLOCK)


def _too_large(limit: int) -> ContentTooLarge:
    return ContentTooLarge(f"The record is larger than {limit} bytes.", max_bytes=limit)


@define
class _Elements:
    """The objects in the array of a document, each as its bytes; `line` is the line of the latest, from 1."""

    _stream: BinaryIO
    _limit: int
    line: int = 1
    _buffer: bytes = b""
    _position: int = 0
    _line_here: int = 1

    def __iter__(self) -> Iterator[bytes]:
        self._read_head()
        if self._next_mark(b"{]") == b"{":
            yield self._read_object()
            while self._next_mark(b",]") == b",":
                self._advance_to(self._position + 1)
                self._next_mark(b"{")
                yield self._read_object()
        self._advance_to(self._position + 1)
        self._next_mark(b"}")
        self._advance_to(self._position + 1)
        self._next_mark(b"")

    def _read_head(self) -> None:
        while len(self._buffer) < _HEAD_BYTES and self._read_more():
            pass
        head = _HEAD.match(self._buffer)
        if head is None:
            without = ", without a byte order mark" if self._buffer.startswith(UTF8_MARK) else ""
            raise ValidationFailed(f'The document must begin with {{"configs": [{without}.')
        self._advance_to(head.end())

    def _next_mark(self, expected: bytes) -> bytes:
        """Go to the next byte that is not a space. It must be one of `expected`; if that is empty, the end. Raises `ValidationFailed`."""
        self._skip_space()
        while self._position == len(self._buffer) and self._read_more():
            self._skip_space()
        mark = self._buffer[self._position : self._position + 1]
        if bool(mark) != bool(expected) or mark not in expected:
            self.line = self._line_here
            wanted = " or ".join(map(chr, expected)) or "the end"
            found = f"{mark!r}"[1:] if mark else "the end: it may have been cut off"
            raise ValidationFailed(f"The document is malformed: expected {wanted}, found {found}.")
        return mark

    def _skip_space(self) -> None:
        match = _SPACE.match(self._buffer, self._position)
        self._advance_to(match.end() if match else self._position)

    def _read_object(self) -> bytes:
        self.line = self._line_here
        depth = 0
        length = 0
        while True:
            for match in _MARK.finditer(self._buffer, self._position + length):
                mark = match[0]
                if mark in b"{[":
                    depth += 1
                elif mark in b"}]":
                    depth -= 1
                elif not match[1]:
                    # The buffer ends within a string, which is read again with the next block.
                    break
                length = match.end() - self._position
                if depth == 0:
                    element = self._buffer[self._position : match.end()]
                    self._advance_to(match.end())
                    return element
            if len(self._buffer) - self._position > self._limit:
                raise _too_large(self._limit)
            if not self._read_more():
                raise ValidationFailed("The document ends within a record: it may have been cut off.")

    def _advance_to(self, position: int) -> None:
        self._line_here += self._buffer.count(b"\n", self._position, position)
        self._position = position

    def _read_more(self) -> bool:
        """Read another block; returns False at the end of the stream."""
        block = self._stream.read(_BLOCK)
        self._buffer = self._buffer[self._position :] + block
        self._position = 0
        return bool(block)
