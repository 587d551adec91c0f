"""Who makes a change, and why."""

from __future__ import annotations

from collections.abc import Mapping

import falcon

from iotconfig.domain.configs.revisions import ChangeNote
from iotconfig.domain.errors import ValidationFailed

from .gate import principal_of


def note_of(req: falcon.Request, given: Mapping[str, str], in_body: str | None = None) -> ChangeNote:
    """The note of a change: who makes the request signs it; its message stands in the query string, or in the body.

    Raises `ValidationFailed` where it stands in both, or cannot be stored.
    """
    if in_body is not None and "message" in given:
        raise ValidationFailed(
            "The message was given twice: in the query string and in the body.", parameter="message"
        )
    return ChangeNote(principal_of(req).subject, given.get("message", in_body))
