"""Labels of a config: the tags, the note and the model that operators give a device. They follow the config to another board."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import Enum
from typing import Any, Final, Self

from attrs import field, frozen

from iotconfig.domain.arguments import check_kind, kind_of
from iotconfig.domain.errors import Unprocessable, ValidationFailed
from iotconfig.domain.names import name_of
from iotconfig.domain.tags import MAX_DIFFERENT_TAGS, MAX_TAG, TAG_PATTERN, tag_of, tags_of
from iotconfig.domain.text import is_storable

__all__ = [
    "ANY_TAGS",
    "MAX_DIFFERENT_TAGS",
    "MAX_NOTE",
    "MAX_TAG",
    "MAX_TAGS",
    "NO_LABELS",
    "TAG_PATTERN",
    "Keep",
    "LabelEdit",
    "Labels",
    "TagFilter",
    "check_new_model",
    "check_new_note",
    "check_number",
    "tag_of",
    "tags_of",
    "too_many_tags",
]


MAX_TAGS: Final = 32
"""Maximum number of tags on a device."""

MAX_NOTE: Final = 500
"""Maximum number of characters of a note."""


def check_number(_labels: object, _attribute: object, tags: Collection[str]) -> None:
    """Raise `ValidationFailed` for more tags than a device may have."""
    if len(tags) > MAX_TAGS:
        raise ValidationFailed(
            f"A device has at most {MAX_TAGS} tags, and would have {len(tags)}.", tags=len(tags)
        )


def check_new_note(_labels: object, _attribute: object, note: Any) -> None:
    """Raise `ValidationFailed` for a note that cannot be stored, `TypeError` for one of another kind."""
    if note is None or note is Keep.NOTE:
        return
    check_kind(note, str, "The note of a device is a str")
    if not 1 <= len(note) <= MAX_NOTE or not is_storable(note):
        raise ValidationFailed(
            f"The note must have from 1 to {MAX_NOTE} characters, without NUL or a lone surrogate.",
            parameter="note",
        )


def check_new_model(_labels: object, _attribute: object, model: Any) -> None:
    """Raise `ValidationFailed` for what is no name of a model, `TypeError` for one of another kind."""
    if model is not None and model is not Keep.MODEL:
        name_of(model, "model")


@frozen
class Labels:
    """The tags, the note and the model of one config. Raises `ValidationFailed` for what breaks their rules."""

    tags: tuple[str, ...] = field(default=(), converter=tags_of, validator=check_number)
    """Sorted; at most 32."""
    note: str | None = field(default=None, validator=check_new_note)
    """At most 500 characters; None without one."""
    model: str | None = field(default=None, validator=check_new_model)
    """The name of its model; None without one."""


NO_LABELS: Final = Labels()
"""No tags, no note, no model."""


class Keep(Enum):
    """A part of the labels that an edit leaves as it is."""

    NOTE = "note"
    MODEL = "model"


def _check_tags_once(edit: LabelEdit, _attribute: object, removed: tuple[str, ...]) -> None:
    if both := set(edit.add).intersection(removed):
        raise ValidationFailed(f'Tag "{min(both)}" is both added and removed.', parameter="tag")


@frozen
class LabelEdit:
    """A change of labels: tags to add and to remove, the note, and the model."""

    add: tuple[str, ...] = field(default=(), converter=tags_of)
    remove: tuple[str, ...] = field(default=(), converter=tags_of, validator=_check_tags_once)
    note: str | Keep | None = field(default=Keep.NOTE, validator=check_new_note)
    """The new note; None removes it."""
    model: str | Keep | None = field(default=Keep.MODEL, validator=check_new_model)
    """The name of the new model; None removes it."""

    def __attrs_post_init__(self) -> None:
        if not self.add and not self.remove and self.note is Keep.NOTE and self.model is Keep.MODEL:
            raise ValidationFailed("Name tags to add or to remove.", parameter="tag")

    def apply(self, labels: Labels) -> Labels:
        """Return the labels after the change. Raises `ValidationFailed` where they have more than 32 tags."""
        tags = set(labels.tags).difference(self.remove).union(self.add)
        return Labels(
            tags,
            labels.note if isinstance(self.note, Keep) else self.note,
            labels.model if isinstance(self.model, Keep) else self.model,
        )


def too_many_tags(count: int) -> Unprocessable:
    """Return the error for a write after which there would be so many different tags."""
    return Unprocessable(
        f"There are at most {MAX_DIFFERENT_TAGS} different tags, and would be {count}: remove tags that you no longer need."
    )


@frozen
class TagFilter:
    """Only configs that have all of some tags, and none of others. Without tags it lets all pass."""

    all_of: tuple[str, ...] = field(default=(), converter=tags_of, validator=check_number)
    none_of: tuple[str, ...] = field(default=(), converter=tags_of, validator=check_number)

    def __attrs_post_init__(self) -> None:
        if both := set(self.all_of).intersection(self.none_of):
            raise ValidationFailed(
                f'A filter with "{min(both)}" and "!{min(both)}" finds nothing.', parameter="tag"
            )

    @classmethod
    def of(cls, words: Iterable[str]) -> Self:
        """Return the filter that words describe: `x` is a tag to have, `!x` one not to have."""
        if isinstance(words, str) or not isinstance(words, Iterable):
            raise TypeError(f"The tags of a filter are a list of str, not {kind_of(words)}.")
        words = list(words)
        for word in words:
            check_kind(word, str, "A tag of a filter is a str")
        excluded = [word[1:] for word in words if word.startswith("!")]
        return cls([word for word in words if not word.startswith("!")], excluded)

    def words(self) -> tuple[str, ...]:
        """The words that `of` reads."""
        return (*self.all_of, *(f"!{tag}" for tag in self.none_of))

    def __bool__(self) -> bool:
        return bool(self.all_of or self.none_of)

    def takes(self, tags: Collection[str]) -> bool:
        """Whether a config with these tags passes."""
        return all(tag in tags for tag in self.all_of) and not any(tag in tags for tag in self.none_of)


ANY_TAGS: Final = TagFilter()
"""The filter that all configs pass."""
