"""The change log: all changes of all configs in one order, to be read with a cursor."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from secrets import token_hex
from typing import Protocol

from attrs import frozen

from iotconfig.domain.announcing.announcement import Subject

from .change import Change
from .revisions import ChangeNote, Operation


def new_change_id() -> str:
    """An id for one write: 16 hexadecimal digits, at random."""
    return token_hex(8)


@frozen
class LoggedChange:
    """One change in the log."""

    position: int
    """Its position in the order, from 1; never reused."""
    change: str
    """The id of the write: changes that were stored together share it."""
    subject: Subject
    """The config that changed, by its MAC address."""
    operation: Operation
    revision: int
    """The subject's revision after the change."""
    author: str
    message: str | None
    created_at: datetime
    """The time of the change. It can decrease if the clock is set back; positions cannot."""


class ChangeLog(Protocol):
    """Reads the change log of a store."""

    def changes_since(self, position: int, limit: int) -> Sequence[LoggedChange]:
        """Return up to `limit` changes above `position`, in their order.

        The result includes every change that was committed before the call, up to `limit`, and the
        call waits for no writer. No change appears later at or below a returned position, so a
        reader that continues from the last one gets each change once.
        """
        ...


def logged(change: Change, change_id: str, note: ChangeNote, last_position: int) -> list[LoggedChange]:
    """Return the rows of a change in the log, after `last_position`: two for a board swap, one for each board."""
    config = change.config
    return [
        LoggedChange(
            position=position,
            change=change_id,
            subject=announcement.subject,
            operation=change.operation,
            revision=config.revision,
            author=note.author,
            message=note.message,
            created_at=config.updated_at,
        )
        for position, announcement in enumerate(change.announcements(), last_position + 1)
    ]
