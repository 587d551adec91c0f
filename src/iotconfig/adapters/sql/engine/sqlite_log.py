"""SQLite's write-ahead log, entry by entry: https://sqlite.org/walformat.html, "File Format"."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

from .sqlite_index import Identity, descriptor_of

_HEADER: Final = 32
_ENTRY_HEADER: Final = 24
_COMPARED: Final = 64
"""Entries: enough to tell two files apart, and read in less than a millisecond."""


def is_in_file(main: Identity, wal: Identity, entries: int, page_bytes: int) -> bool:
    """Whether the database file has the newest pages of the log, all of which was copied into it.

    `entries`: how many the log holds. Both files are read through descriptors that SQLite
    has open. True where they cannot be read.
    """
    file, log = descriptor_of(main), descriptor_of(wal)
    if file is None or log is None:
        return True
    try:
        return all(
            page == os.pread(file, page_bytes, (number - 1) * page_bytes)
            for number, page in _newest_pages(log, entries, page_bytes)
        )
    except OSError:
        return True


def _newest_pages(log: int, entries: int, page_bytes: int) -> Iterator[tuple[int, bytes]]:
    """Pages of the database, by number from 1: of each its last entry."""
    seen = set()
    pages = None
    length = _ENTRY_HEADER + page_bytes
    for entry in range(entries, max(0, entries - _COMPARED), -1):
        found = os.pread(log, length, _HEADER + (entry - 1) * length)
        number, pages_then = int.from_bytes(found[:4], "big"), int.from_bytes(found[4:8], "big")
        # The last entry of a transaction says how many pages the database had then. What is
        # beyond a later end was left out by a checkpoint in between, and may be used again.
        if pages_then:
            pages = pages_then if pages is None else min(pages, pages_then)
        if len(found) == length and number not in seen and pages is not None and number <= pages:
            yield number, found[_ENTRY_HEADER:]
        seen.add(number)
