"""The use cases of `FleetService` as HTTP calls them, whether they run in this process or in a helper."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Protocol

from iotconfig.domain.documents.merge_patch import MergePatch

from .bulk import Entry, Exported, PatchOutcome, Refusal, Result, Rules, Tally
from .query import ConfigQuery
from .revisions import Note


class FleetUseCases(Protocol):
    """As `FleetService`, whose docstrings are the contract."""

    @property
    def pause(self) -> Callable[[], None]:
        """Lets others go on who share the thread."""
        ...

    def load(
        self,
        source: Iterable[Entry | Refusal],
        rules: Rules,
        note: Note = ...,
        report: Callable[[Refusal], None] = ...,
    ) -> Tally:
        """Store the configs that `source` gives, as `rules` say."""
        ...

    def patch(
        self,
        query: ConfigQuery,
        patch: MergePatch,
        rules: Rules,
        note: Note = ...,
        report: Callable[[Refusal], None] = ...,
        tell: Callable[[Result], None] = ...,
        *,
        max_content_bytes: int = ...,
    ) -> PatchOutcome:
        """Merge `patch` into every config that `query` selects."""
        ...

    def export(self) -> AbstractContextManager[Iterator[Exported]]:
        """All configs as they are at one moment, sorted by MAC address."""
        ...
