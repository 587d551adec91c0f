"""Range requests (RFC 9110, section 14): one range of bytes, for clients that resume a download."""

from __future__ import annotations

import re
from typing import Final

import falcon
from attrs import frozen

# Larger numbers exceed every file; leading zeros do not count.
_POSITION: Final = "(?:0+(?=[0-9]))?([0-9]{0,18})"
# A list may have empty elements (RFC 9110, section 5.6.1.2).
_RANGE: Final = re.compile(rf"bytes=[ \t,]*{_POSITION}-{_POSITION}[ \t,]*", re.IGNORECASE)


@frozen
class Span:
    """A range of at least one byte."""

    first: int
    length: int

    def content_range(self, size: int) -> str:
        """The value of `Content-Range` for this part of `size` bytes."""
        return f"bytes {self.first}-{self.first + self.length - 1}/{size}"


def requested_span(req: falcon.Request, etag: str, size: int) -> Span | None:
    """The part of `size` bytes, tagged `etag`, that the request asks for; None for all of them.

    A malformed range, several ranges, and a range of another representation than
    `If-Range` names are ignored: the caller then gets the whole answer.

    Raises `falcon.HTTPRangeNotSatisfiable` (416) for a range that starts beyond
    the end.
    """
    header = req.get_header("Range")
    match = None if header is None else _RANGE.fullmatch(header)
    # Strong comparison: weak tags and dates do not guarantee equal bytes.
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
    # `Content-Range` cannot express a range of an empty file.
    return Span(size - shown, shown) if shown else None


def _unsatisfiable(size: int) -> falcon.HTTPRangeNotSatisfiable:
    return falcon.HTTPRangeNotSatisfiable(
        size, description=f"The range starts beyond the end: the asset has {size} bytes."
    )
