"""Bodies and headers of requests."""

from __future__ import annotations

import json
from urllib.parse import quote

from iotconfig.domain.configs.precondition import Precondition
from iotconfig.domain.configs.revisions import UNSIGNED, ChangeNote
from iotconfig.domain.documents.content import ConfigContent


def body_of(note: ChangeNote | None = None, /, **members: object) -> bytes:
    """A JSON body with the members that are not None, and the message of the note. The service knows the author.

    Content is sent as a string: an object would lose the space around it.
    """
    given = {name: _plain(value) for name, value in members.items() if value is not None}
    if note is not None and note.message is not None:
        given["message"] = note.message
    return json.dumps(given, ensure_ascii=False).encode()


def _plain(value: object) -> object:
    if isinstance(value, ConfigContent):
        return value.text
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value if isinstance(value, bool | int | float | str) else str(value)


def signed(note: ChangeNote) -> dict[str, str]:
    """The header that claims an author, for a service without authentication; none for the default author."""
    return {} if note.author == UNSIGNED.author else {"Iotconfig-Author": quote(note.author, safe=" ")}


def conditions(precondition: Precondition) -> dict[str, str]:
    """The headers that state a precondition (RFC 9110, section 13.1)."""
    found = {}
    if precondition.one_of is not None:
        # No revision is 0: a precondition without revisions never holds.
        found["If-Match"] = _tags(precondition.one_of or {0})
    elif precondition.exists:
        found["If-Match"] = "*"
    if precondition.exists is False:
        found["If-None-Match"] = "*"
    elif precondition.none_of:
        found["If-None-Match"] = _tags(precondition.none_of)
    return found


def _tags(revisions: frozenset[int] | set[int]) -> str:
    return ", ".join(f'"{revision}"' for revision in sorted(revisions))
