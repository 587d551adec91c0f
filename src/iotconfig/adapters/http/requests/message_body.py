"""The body of changes that need none: the reason, or nothing."""

from __future__ import annotations

import falcon
from attrs import frozen

from iotconfig.adapters.codec import BodyReader

from .bodies import read_json


@frozen
class Message:
    """The body of the routes that need none."""

    message: str | None = None


def read_message(req: falcon.Request, bodies: BodyReader) -> Message:
    """Read the body of a request; an empty one has no message. Raises as `BodyReader.read` does."""
    if req.content_length or req.get_header("Transfer-Encoding"):
        return bodies.read(read_json(req, bodies.max_body_bytes), Message)
    return Message()
