"""Request bodies: how many bytes, of what kind, and all of them."""

from __future__ import annotations

from typing import Final

import falcon

from iotconfig.domain.errors import ContentTooLarge, ValidationFailed

from .problems import Refused

_UTF8: Final = frozenset({"utf-8", "utf8"})


def read_json(req: falcon.Request, max_bytes: int) -> bytes:
    """The bytes of a JSON body. It is read only when its headers allow it.

    Raises `Refused` (411, 415, 408), `ContentTooLarge`, and `ValidationFailed`
    for a body that is empty or ends before its Content-Length.
    """
    _check_media_type(req)
    length = req.content_length
    if length is None and req.get_header("Transfer-Encoding") is not None:
        raise Refused("LENGTH_REQUIRED", "The request needs a Content-Length: chunked bodies are not taken.")
    if not length:
        raise ValidationFailed("The request has no body: send a JSON object.")
    if length > max_bytes:
        raise ContentTooLarge(f"The request's body is larger than {max_bytes} bytes.", max_bytes=max_bytes)
    body = _read(req, length)
    if len(body) < length:
        raise ValidationFailed(f"The request's body ended after {len(body)} of {length} bytes.")
    return body


def _check_media_type(req: falcon.Request) -> None:
    if not req.content_type:
        return
    media_type, parameters = falcon.parse_header(req.content_type)
    charset = parameters.get("charset", "utf-8")
    if media_type.lower() != falcon.MEDIA_JSON or charset.lower() not in _UTF8:
        raise Refused(
            "UNSUPPORTED_MEDIA_TYPE",
            "The body must be JSON in UTF-8: send it with Content-Type: application/json.",
        )


def _read(req: falcon.Request, size: int) -> bytes:
    try:
        return req.bounded_stream.read(size)
    except TimeoutError:
        raise Refused("REQUEST_TIMEOUT", "The request's body did not arrive in time.") from None
    except OSError:
        # The connection is gone; nobody will read the answer, and nothing is stored.
        raise ValidationFailed("The request's body did not arrive whole.") from None
