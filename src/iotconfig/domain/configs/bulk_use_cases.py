"""The use cases of `BulkService` as HTTP and the commands call them, whether they run in this process, in a helper or on a service."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Protocol

from iotconfig.domain.documents.merge_patch import MergePatch

from .bulk import (
    BulkEntry,
    BulkRefusal,
    ExportedConfig,
    OnRefusal,
    OnResult,
    PatchOutcome,
    Tally,
)
from .bulk_options import BulkOptions, ImportOptions
from .labels import TagFilter
from .revisions import ChangeNote
from .selection import Selection


class BulkUseCases(Protocol):
    """The use cases of `BulkService`; its docstrings are the contract."""

    def load(
        self,
        source: Iterable[BulkEntry | BulkRefusal],
        options: ImportOptions,
        note: ChangeNote = ...,
        on_refusal: OnRefusal = ...,
        on_result: OnResult = ...,
    ) -> Tally:
        """Store the configs that `source` gives, as `options` say."""
        ...

    def patch(
        self,
        selection: Selection,
        patch: MergePatch,
        options: BulkOptions,
        note: ChangeNote = ...,
        on_refusal: OnRefusal = ...,
        on_result: OnResult = ...,
    ) -> PatchOutcome:
        """Merge `patch` into every config that `selection` takes."""
        ...

    def undo(
        self,
        change: str,
        options: BulkOptions,
        note: ChangeNote = ...,
        on_refusal: OnRefusal = ...,
        on_result: OnResult = ...,
    ) -> Tally:
        """Restore what each config was before a change."""
        ...

    def export(self, tags: TagFilter = ...) -> AbstractContextManager[Iterator[ExportedConfig]]:
        """Return all configs with these tags as they are at one moment, sorted by MAC address."""
        ...
