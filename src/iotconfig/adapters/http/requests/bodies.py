"""Request bodies: their length, their media type and their bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO, Final

import falcon
from attrs import define, field

from iotconfig.adapters.http.problems import Refused
from iotconfig.domain.errors import ContentTooLarge, ValidationFailed

_UTF8: Final = frozenset({"utf-8", "utf8"})
_BLOCK: Final = 64 * 1024


@define
class Body:
    """A request's body, read as it arrives. The constructor checks coding and length and reads nothing.

    Raises `Refused` (411, and 415 for a compressed one), `ContentTooLarge` above `max_bytes`, and
    `ValidationFailed` for a missing body; the message names what was `expected`.
    """

    _req: falcon.Request
    _max_bytes: int
    _expected: str = "a JSON object"
    length: int = field(init=False)
    _left: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.length = self._left = self._checked_length()

    def read(self, size: int | None = None, /) -> bytes:
        """The next `size` bytes, or all that are left; fewer only at the end.

        Raises `Refused` (408), and `ValidationFailed` where the body ends before its Content-Length.
        """
        size = self._left if size is None else min(size, self._left)
        block = _read(self._req, size)
        self._left -= len(block)
        if len(block) < size:
            raise ValidationFailed(
                f"The request's body ended after {self.length - self._left} of {self.length} bytes."
            )
        return block

    def _checked_length(self) -> int:
        _check_coding(self._req)
        length = self._req.content_length
        if length is None and self._req.get_header("Transfer-Encoding") is not None:
            raise Refused(
                "LENGTH_REQUIRED", "The request needs a Content-Length: chunked bodies are not accepted."
            )
        if not length:
            raise ValidationFailed(f"The request has no body: send {self._expected}.")
        if length > self._max_bytes:
            raise ContentTooLarge(
                f"The request's body is larger than {self._max_bytes} bytes.", max_bytes=self._max_bytes
            )
        return length


def read_json(req: falcon.Request, max_bytes: int, media_type: str = falcon.MEDIA_JSON) -> bytes:
    """The bytes of a JSON body. It is read only if its headers are acceptable.

    Raises `Refused` (411, 415, 408), `ContentTooLarge`, and `ValidationFailed`
    for a body that is empty or ends before its Content-Length.
    """
    check_media_type(req, media_type)
    return Body(req, max_bytes).read()


def spool(req: falcon.Request, file: BinaryIO, max_bytes: int, give_turn: Callable[[], None]) -> None:
    """Write a large body to `file` as it arrives, and rewind the file. Raises as `read_json` does.

    `give_turn` is called after each block: reading from a fast peer never yields by itself.
    """
    body = Body(req, max_bytes)
    while block := body.read(_BLOCK):
        file.write(block)
        give_turn()
    file.seek(0)


def check_media_type(req: falcon.Request, *media_types: str) -> str:
    """The body's media type, one of `media_types`; the first if the request names none. Raises `Refused` (415)."""
    if not req.content_type:
        return media_types[0]
    media_type, parameters = falcon.parse_header(req.content_type)
    charset = parameters.get("charset", "utf-8")
    if media_type.lower() not in media_types or charset.lower() not in _UTF8:
        raise Refused(
            "UNSUPPORTED_MEDIA_TYPE",
            f"The body must be JSON in UTF-8: send it with Content-Type: {' or '.join(media_types)}.",
        )
    return media_type.lower()


def _check_coding(req: falcon.Request) -> None:
    codings = req.get_header("Content-Encoding", default="").lower().split(",")
    if any(coding.strip(" \t") not in ("", "identity") for coding in codings):
        raise Refused(
            "UNSUPPORTED_MEDIA_TYPE", "The body must not be compressed: send it without Content-Encoding."
        )


def _read(req: falcon.Request, size: int) -> bytes:
    try:
        return req.bounded_stream.read(size)
    except TimeoutError:
        raise Refused("REQUEST_TIMEOUT", "The request's body did not arrive in time.") from None
    except OSError:
        # The connection is gone: the answer will not be read, and nothing is stored.
        raise ValidationFailed("The request's body did not arrive completely.") from None
