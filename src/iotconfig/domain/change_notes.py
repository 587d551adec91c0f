"""Notes of changes: who made a change of a config, a layer or another object that has a history, why, and by which operation."""

from __future__ import annotations

import re
from enum import StrEnum
from secrets import token_hex
from typing import Final

from attrs import field, frozen

from .arguments import check_kind
from .errors import ValidationFailed
from .text import is_storable

MAX_AUTHOR: Final = 255
"""Maximum number of characters of an author's name."""

MAX_MESSAGE: Final = 1000
"""Maximum number of characters of a message."""

MAX_REVISION: Final = 2**63 - 1
"""Revision numbers are 64-bit and signed in every database."""


_CHANGE_ID: Final = re.compile(r"[0-9a-f]{16}")


def new_change_id() -> str:
    """An id for one write: 16 hexadecimal digits, at random."""
    return token_hex(8)


def is_change_id(text: str) -> bool:
    """Whether a text can be the id of a change."""
    return _CHANGE_ID.fullmatch(text) is not None


class Operation(StrEnum):
    """What a change did. A change of tags, note or model of a device, or of its document only, makes no revision."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    CLEAR = "clear"
    """The own content of a device was deleted, and layers alone serve it from then on."""
    ROLLBACK = "rollback"
    RESTORE = "restore"
    REPLACE_DEVICE = "replace-device"
    TAG = "tag"
    """Tags were added or removed, and the note may have changed, too."""
    NOTE = "note"
    """The note was set, changed or removed, and the tags stayed."""
    MODEL = "model"
    """The model of a device was set, changed or removed, and tags and note stayed."""
    SERVE = "serve"
    """The device is served another document, because a layer, a tag or a model has changed."""


def _check_author(_note: object, _attribute: object, author: str) -> None:
    check_kind(author, str, "The author of a note is a str")
    if not 1 <= len(author) <= MAX_AUTHOR or not is_storable(author):
        raise ValidationFailed(f"The author must have from 1 to {MAX_AUTHOR} characters, without NUL.")


def _check_message(_note: object, _attribute: object, message: str | None) -> None:
    if message is None:
        return
    check_kind(message, str, "The message of a note is a str")
    if len(message) > MAX_MESSAGE or not is_storable(message):
        raise ValidationFailed(
            f"The message must have at most {MAX_MESSAGE} characters, without NUL or a lone surrogate.",
            parameter="message",
        )


@frozen
class ChangeNote:
    """The author of a change and the message. Raises `ValidationFailed` for text that cannot be stored."""

    author: str = field(default="anonymous", validator=_check_author)
    """The signed-in subject, the login name at a terminal, or `anonymous`."""
    message: str | None = field(default=None, validator=_check_message)
    """The author's reason for the change; at most 1,000 characters."""


def unverified(author: str) -> str:
    """The author of a change as the caller claims, marked as such."""
    return f"{author} (unverified)"


def check_note(note: object) -> None:
    """Raise `TypeError` unless `note` is a `ChangeNote`."""
    check_kind(note, ChangeNote, 'A note is a ChangeNote, such as ChangeNote("ops", "why")')


UNSIGNED: Final = ChangeNote()
"""The author `anonymous`, without a message."""
