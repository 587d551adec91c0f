"""What a change of labels did: the tags that it added and removed, the note, the model and the document before and after."""

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


@frozen
class ModelDifference:
    """The model before and after a change, by its name; None: there was none."""

    before: str | None
    after: str | None

    @classmethod
    def between(cls, before: Labels, after: Labels) -> Self | None:
        """The difference of the models; None where they are the same."""
        return None if before.model == after.model else cls(before.model, after.model)


@frozen
class DocumentDifference:
    """The document of a device before and after a change of its labels, by ETag: other layers reach it."""

    before: str
    after: str


def operation_on_labels(tags: TagDifference | None, note: NoteDifference | None) -> Operation:
    """The operation that the change log shows: `TAG` where tags changed, else `NOTE` where the note changed, else `MODEL`."""
    if tags is not None:
        return Operation.TAG
    return Operation.MODEL if note is None else Operation.NOTE
