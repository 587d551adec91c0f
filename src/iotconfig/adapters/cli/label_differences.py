"""What a change of tags did, in one line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iotconfig.domain.configs.label_differences import ModelDifference, NoteDifference, TagDifference


def shown_difference(
    tags: TagDifference | None, note: NoteDifference | None, model: ModelDifference | None = None
) -> str | None:
    """The difference, such as `+kitchen -attic, note "by the door" (was "left"), model lamp`; None where nothing changed."""
    parts = []
    if tags is not None:
        parts.append(" ".join([*(f"+{tag}" for tag in tags.added), *(f"-{tag}" for tag in tags.removed)]))
    if note is not None:
        parts.append(" ".join(_note(note)))
    if model is not None:
        parts.append(" ".join(_model(model)))
    return ", ".join(parts) or None


def _model(model: ModelDifference) -> Iterator[str]:
    yield "model removed" if model.after is None else f"model {model.after}"
    if model.before is not None:
        yield f"(was {model.before})"


def _note(note: NoteDifference) -> Iterator[str]:
    yield "note removed" if note.after is None else f'note "{note.after}"'
    if note.before is not None:
        yield f'(was "{note.before}")'
