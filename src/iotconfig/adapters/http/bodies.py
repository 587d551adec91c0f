"""Request bodies: how many bytes, of what kind, and all of them."""

from __future__ import annotations

from typing import BinaryIO, Final

import falcon

from iotconfig.domain.errors import ContentTooLarge, ValidationFailed

from .problems import Refused

_UTF8: Final = frozenset({"utf-8", "utf8"})
_BLOCK: Final = 64 * 1024


def read_json(req: falcon.Request, max_bytes: int, media_type: str = falcon.MEDIA_JSON) -> bytes:
    """The bytes of a JSON body. It is read only when its headers allow it.

    Raises `Refused` (411, 415, 408), `ContentTooLarge`, and `ValidationFailed`
    for a body that is empty or ends before its Content-Length.
    """
    check_media_type(req, media_type)
    length = _length(req, max_bytes)
    body = _read(req, length)
    if len(body) < length:
        raise _cut_off(len(body), length)
    return body


def spool(req: falcon.Request, file: BinaryIO, max_bytes: int) -> None:
    """Write a large body to `file` as it arrives, and go back to its begin. Raises as `read_json` does."""
    length = left = _length(req, max_bytes)
    while left:
        block = _read(req, min(left, _BLOCK))
        if not block:
            raise _cut_off(length - left, length)
        file.write(block)
        left -= len(block)
    file.seek(0)


def _length(req: falcon.Request, max_bytes: int) -> int:
    length = req.content_length
    if length is None and req.get_header("Transfer-Encoding") is not None:
        raise Refused("LENGTH_REQUIRED", "The request needs a Content-Length: chunked bodies are not taken.")
    if not length:
        raise ValidationFailed("The request has no body: send a JSON object.")
    if length > max_bytes:
        raise ContentTooLarge(f"The request's body is larger than {max_bytes} bytes.", max_bytes=max_bytes)
    return length


def _cut_off(arrived: int, length: int) -> ValidationFailed:
    return ValidationFailed(f"The request's body ended after {arrived} of {length} bytes.")


def check_media_type(req: falcon.Request, *media_types: str) -> str:
    """The body's media type, one of `media_types`; the first, where the request names none. Raises `Refused` (415)."""
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


def _read(req: falcon.Request, size: int) -> bytes:
    try:
        return req.bounded_stream.read(size)
    except TimeoutError:
        raise Refused("REQUEST_TIMEOUT", "The request's body did not arrive in time.") from None
    except OSError:
        # The connection is gone; nobody will read the answer, and nothing is stored.
        raise ValidationFailed("The request's body did not arrive whole.") from None
