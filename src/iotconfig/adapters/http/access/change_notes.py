"""The author and the message of a change."""

from __future__ import annotations

import falcon

from iotconfig.domain.configs.revisions import ChangeNote
from iotconfig.domain.errors import ValidationFailed

from .gate import principal_of


def note_of(req: falcon.Request, in_query: str | None, in_body: str | None = None) -> ChangeNote:
    """The note of a change: its author is the caller, its message is in the query string or in the body.

    Raises `ValidationFailed` if it is in both, or cannot be stored.
    """
    if in_body is not None and in_query is not None:
        raise ValidationFailed(
            "The message was given twice: in the query string and in the body.", parameter="message"
        )
    return ChangeNote(principal_of(req).subject, in_body if in_query is None else in_query)
