"""The entries of a bulk write, a batch at a time: few of them are in memory, however many there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

from .bulk import AnyEntry, BulkDeletion

E = TypeVar("E", bound=AnyEntry)

_ENTRIES: Final = 1000
_CHARACTERS: Final = 1024 * 1024


def batches(entries: Iterable[E]) -> Iterator[list[E]]:
    """Return the entries in lists for `BulkWrite.add`, of limited length and limited text."""
    batch: list[E] = []
    characters = 0
    for entry in entries:
        batch.append(entry)
        characters += 0 if isinstance(entry, BulkDeletion) else len(entry.content.text)
        if len(batch) >= _ENTRIES or characters >= _CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch
