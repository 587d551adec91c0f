"""Recompositions as the API and `--json` have them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self

from attrs import frozen

from iotconfig.domain.change_notes import ChangeNote
from iotconfig.domain.layers.recompositions import Recomposition

from .answers import answer


@answer
@frozen
class RecompositionAnswer:
    """How far the job is with the documents that follow from a change."""

    change: Annotated[str, "The id of the change"]
    author: str
    message: str | None
    total: Annotated[int, "The number of devices that the change concerned when it was made"]
    done: Annotated[int, "The number of devices that the job is done with"]
    changed: Annotated[int, "The number of those that are served another document"]
    failed: Annotated[
        int, "The number of those that keep their document, because the new one would break a rule"
    ]
    started_at: Annotated[datetime, "The time of the change"]
    finished_at: Annotated[datetime | None, "Null while the job goes on"]

    @classmethod
    def of(cls, recomposition: Recomposition) -> Self:
        """The answer about this recomposition."""
        return cls(
            change=recomposition.change,
            author=recomposition.note.author,
            message=recomposition.note.message,
            total=recomposition.total,
            done=recomposition.done,
            changed=recomposition.changed,
            failed=recomposition.failed,
            started_at=recomposition.started_at,
            finished_at=recomposition.finished_at,
        )

    def recomposition(self) -> Recomposition:
        """The recomposition, without its reaches and its place, which the answer does not have."""
        return Recomposition(
            change=self.change,
            note=ChangeNote(self.author, self.message),
            reaches=(),
            total=self.total,
            done=self.done,
            changed=self.changed,
            failed=self.failed,
            started_at=self.started_at,
            finished_at=self.finished_at,
        )


@answer
@frozen
class Recompositions:
    """The newest recompositions."""

    recompositions: Annotated[Sequence[RecompositionAnswer], "The newest first"]

    @classmethod
    def of(cls, recompositions: Sequence[Recomposition]) -> Self:
        """The answer about these."""
        return cls(list(map(RecompositionAnswer.of, recompositions)))
