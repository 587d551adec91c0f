"""Recompositions: edits of layers that reach so many devices that a job serves the documents that follow from them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, Self

from attrs import evolve, frozen

from iotconfig.domain.change_notes import ChangeNote
from iotconfig.domain.mac import MacAddress

from .reach import Reach


@frozen(kw_only=True)
class Recomposition:
    """The progress of one: it goes through the devices in the order of their addresses."""

    change: str
    """The id of the change of layers."""
    note: ChangeNote
    """Its author and message."""
    reaches: tuple[Reach, ...]
    """The devices that the change concerns: those that one of these takes."""
    total: int
    """The number of these devices when it began."""
    started_at: datetime
    swept_to: MacAddress | None = None
    """The last device that was looked at."""
    done: int = 0
    """The number of devices that it is done with."""
    changed: int = 0
    """Of these, the devices that are served another document."""
    failed: int = 0
    """Of these, the devices that keep their document, because the new one breaks a rule."""
    finished_at: datetime | None = None

    def after(self, swept_to: MacAddress | None, *, done: int, changed: int, failed: int) -> Self:
        """Return the progress after some more devices."""
        return evolve(
            self,
            swept_to=swept_to,
            done=self.done + done,
            changed=self.changed + changed,
            failed=self.failed + failed,
        )


class RecompositionReader(Protocol):
    """Reads recompositions."""

    def find(self, limit: int) -> Sequence[Recomposition]:
        """Return up to `limit` recompositions, the newest first."""
        ...

    def get(self, change: str) -> Recomposition | None:
        """Return the recomposition that follows from this change, or None."""
        ...

    def next(self) -> Recomposition | None:
        """Return the oldest recomposition that is not finished, or None."""
        ...


class RecompositionRepository(RecompositionReader, Protocol):
    """Stores recompositions inside a unit of work."""

    def store(self, recomposition: Recomposition) -> None:
        """Store a recomposition, or its progress. One of the same change is replaced."""
        ...
