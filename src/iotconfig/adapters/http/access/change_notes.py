"""The author and the message of a change."""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote

import falcon

from iotconfig.domain.access.principal import LOCAL_ADMINISTRATOR
from iotconfig.domain.configs.revisions import ChangeNote, unverified
from iotconfig.domain.errors import ValidationFailed

from .gate import principal_of

AUTHOR: Final = "Iotconfig-Author"
"""The header with the author of a change, percent-encoded, where authentication is off."""


def note_of(req: falcon.Request, in_query: str | None, in_body: str | None = None) -> ChangeNote:
    """The note of a change: its author is the caller (see `_author_of`), its message is in the query string or in the body.

    Raises `ValidationFailed` if it is in both, or cannot be stored.
    """
    if in_body is not None and in_query is not None:
        raise ValidationFailed(
            "The message was given twice: in the query string and in the body.", parameter="message"
        )
    return ChangeNote(_author_of(req), in_body if in_query is None else in_query)


def _author_of(req: falcon.Request) -> str:
    """The caller. While authentication is off, the author that the request claims, marked as unverified."""
    principal = principal_of(req)
    claimed = req.get_header(AUTHOR)
    if principal is not LOCAL_ADMINISTRATOR or not claimed:
        return principal.subject
    try:
        return unverified(unquote(claimed, errors="strict"))
    except UnicodeDecodeError:
        raise ValidationFailed(f"{AUTHOR} must be percent-encoded UTF-8.", header=AUTHOR) from None
