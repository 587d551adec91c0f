"""Range requests (RFC 9110, section 14): one range of bytes, so that a client can go on where it was cut off."""

from __future__ import annotations

import re
from typing import Final

import falcon
from attrs import frozen

# Numbers of more digits are larger than any file; zeros in front do not count.
_POSITION: Final = "(?:0+(?=[0-9]))?([0-9]{0,18})"
# A list may have empty elements (RFC 9110, section 5.6.1.2).
_RANGE: Final = re.compile(rf"bytes=[ \t,]*{_POSITION}-{_POSITION}[ \t,]*", re.IGNORECASE)


@frozen
class Span:
    """Bytes that follow each other: at least one."""

    first: int
    length: int

    def content_range(self, size: int) -> str:
        """The value of `Content-Range` for this part of `size` bytes."""
        return f"bytes {self.first}-{self.first + self.length - 1}/{size}"


def requested_span(req: falcon.Request, etag: str, size: int) -> Span | None:
    """The part of `size` bytes, tagged `etag`, that the request asks for; None for all of them.

    What is no range, or several, counts as none, as does a range of another
    representation than `If-Range` names: the caller then gets the whole answer.

    Raises `falcon.HTTPRangeNotSatisfiable` (416) for a range that begins behind
    the end.
    """
    header = req.get_header("Range")
    match = None if header is None else _RANGE.fullmatch(header)
    # Strong comparison: a weak tag, or a date, is no promise of the same bytes.
    if match is None or req.get_header("If-Range", default=etag) != etag:
        return None
    first, last = match.groups()
    if not first:
        return _suffix(last, size)
    if last and int(last) < int(first):
        return None
    if int(first) >= size:
        raise _unsatisfiable(size)
    end = min(int(last) + 1, size) if last else size
    return Span(int(first), end - int(first))


def _suffix(length: str, size: int) -> Span | None:
    if not length:
        return None
    if int(length) == 0:
        raise _unsatisfiable(size)
    shown = min(int(length), size)
    # Of nothing there is no part that `Content-Range` could spell.
    return Span(size - shown, shown) if shown else None


def _unsatisfiable(size: int) -> falcon.HTTPRangeNotSatisfiable:
    return falcon.HTTPRangeNotSatisfiable(
        size, description=f"The range begins behind the end: there are {size} bytes."
    )
