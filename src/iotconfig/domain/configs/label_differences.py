"""What a change of labels did: the tags that it added and removed, and the note before and after."""

from __future__ import annotations

from typing import Self

from attrs import frozen

from .labels import Labels
from .revisions import Operation


@frozen
class TagDifference:
    """The tags that a change added to a config, and those that it removed; each sorted, at most 32."""

    added: tuple[str, ...]
    removed: tuple[str, ...]

    @classmethod
    def between(cls, before: Labels, after: Labels) -> Self | None:
        """The difference of the tags; None where they are the same."""
        if before.tags == after.tags:
            return None
        return cls(
            tuple(tag for tag in after.tags if tag not in before.tags),
            tuple(tag for tag in before.tags if tag not in after.tags),
        )


@frozen
class NoteDifference:
    """The note before and after a change; None: there was none."""

    before: str | None
    after: str | None

    @classmethod
    def between(cls, before: Labels, after: Labels) -> Self | None:
        """The difference of the notes; None where they are the same."""
        return None if before.note == after.note else cls(before.note, after.note)


def operation_on_labels(tags: TagDifference | None) -> Operation:
    """The operation that the change log shows: `TAG` where tags changed, whatever became of the note, else `NOTE`."""
    return Operation.NOTE if tags is None else Operation.TAG
