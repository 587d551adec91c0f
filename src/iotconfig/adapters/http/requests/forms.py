"""Multipart forms (RFC 7578), read as they arrive and without buffering."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Final

import falcon
from attrs import frozen
from falcon.media.multipart import BodyPart, MultipartFormHandler, MultipartParseOptions

from iotconfig.adapters.http.problems import Refused
from iotconfig.domain.errors import ContentTooLarge, ValidationFailed, excerpt

from .bodies import Body

_BLOCK: Final = 64 * 1024
_HEADERS: Final = 4 * 1024
"""Maximum bytes of the headers of a part."""

FORM: Final = "multipart/form-data"


@frozen
class Part:
    """One part of a form, while it arrives."""

    name: str
    file_name: str | None
    _part: BodyPart

    def blocks(self) -> Iterator[bytes]:
        """Its bytes."""
        while block := self._part.stream.read(_BLOCK):
            yield block

    def content(self, max_bytes: int) -> bytes:
        """All its bytes, up to `max_bytes`. Raises `ContentTooLarge`."""
        found: bytes = self._part.stream.read(max_bytes + 1)
        if len(found) > max_bytes:
            raise ContentTooLarge(
                f"The part {self.name} is larger than {max_bytes} bytes.", max_bytes=max_bytes
            )
        return found


def read_form(req: falcon.Request, names: Collection[str], max_bytes: int) -> Iterator[Part]:
    """The parts of the request's form in their order, each name at most once; read each part before the next.

    The iterator ends when all of the body is there.

    Raises `Refused` (408, 411, 415), `ContentTooLarge` for a body of more than
    `max_bytes`, and `ValidationFailed` for one that is not as documented.
    """
    _check_media_type(req)
    body = Body(req, max_bytes, f"a form with {', '.join(names)}")
    seen: set[str] = set()
    options = MultipartParseOptions()
    options.max_body_part_headers_size = _HEADERS
    with _well_formed():
        for part in MultipartFormHandler(options).deserialize(body, req.content_type, body.length):
            name = part.name or ""
            if name not in names:
                raise ValidationFailed(
                    f'The part "{excerpt(name)}" is unknown: the form accepts {", ".join(names)}.'
                )
            if name in seen:
                raise ValidationFailed(f"The part {name} was given more than once.")
            seen.add(name)
            yield Part(name, part.filename, part)
    while body.read(_BLOCK):
        """The epilogue of a form is ignored."""


def _check_media_type(req: falcon.Request) -> None:
    media_type, _ = falcon.parse_header(req.content_type or "")
    if media_type.lower() != FORM:
        raise Refused(
            "UNSUPPORTED_MEDIA_TYPE", f"The body must be a form: send it with Content-Type: {FORM}."
        )


@contextmanager
def _well_formed() -> Iterator[None]:
    try:
        yield
    except falcon.HTTPBadRequest as error:
        reason = error.description or error.title or "no multipart form"
        raise ValidationFailed(f"The form is malformed: {excerpt(reason.rstrip('.'))}.") from None
    except UnicodeDecodeError:
        raise ValidationFailed("The form is malformed: the headers of a part are not UTF-8.") from None
