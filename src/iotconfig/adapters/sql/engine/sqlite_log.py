"""Comparison of SQLite's write-ahead log with its database (https://sqlite.org/walformat.html, "File Format")."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

from .sqlite_index import Identity, descriptor_of

_HEADER: Final = 32
_ENTRY_HEADER: Final = 24
_COMPARED: Final = 64
"""The most entries to compare: enough to distinguish two files, and read in less than a millisecond."""


def is_in_file(main: Identity, wal: Identity, entries: int, page_bytes: int) -> bool:
    """Whether the database file contains the newest pages of a log that was copied completely.

    `entries`: the number of entries in the log. Both files are read through SQLite's own
    descriptors. Returns True where they cannot be read.
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
    """Yield numbers, from 1, and contents of pages, each from its last entry."""
    seen = set()
    pages = None
    length = _ENTRY_HEADER + page_bytes
    for entry in range(entries, max(0, entries - _COMPARED), -1):
        found = os.pread(log, length, _HEADER + (entry - 1) * length)
        number, pages_then = int.from_bytes(found[:4], "big"), int.from_bytes(found[4:8], "big")
        # The last entry of a transaction has the number of pages of the database. A checkpoint
        # skips pages beyond a later, smaller number, and they may have been reused.
        if pages_then:
            pages = pages_then if pages is None else min(pages, pages_then)
        if len(found) == length and number not in seen and pages is not None and number <= pages:
            yield number, found[_ENTRY_HEADER:]
        seen.add(number)
