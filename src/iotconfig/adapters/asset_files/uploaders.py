"""Who uploaded the assets: a record for each, valid for the bytes with exactly its digest.

A file that is put into the directory by hand later has other bytes, and no uploader.
"""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import Final, NamedTuple

from iotconfig.domain.assets.asset import AssetName

from .digests import SETTLED_NS
from .records import Records

_DIRECTORY: Final = ".uploaders"
_RECORD: Final = re.compile(r"([0-9a-f]{64}) (.+)\n", re.DOTALL)


class _Known(NamedTuple):
    """A file as it was when its record was read."""

    inode: int
    digest: str
    uploader: str


class Uploaders:
    """The uploaders of the files in one directory. They are of interest only: failures are not reported."""

    def __init__(self, directory: Path) -> None:
        self._records = Records(directory / _DIRECTORY)
        self._known: dict[AssetName, _Known] = {}

    def of(self, name: AssetName, digest: str, status: os.stat_result) -> str | None:
        """Return who uploaded the file with this digest and status; None where that is not known."""
        known = self._known.get(name)
        if known is not None and (known.inode, known.digest) == (status.st_ino, digest):
            return known.uploader
        record = _RECORD.fullmatch(self._records.read(name).decode(errors="replace"))
        if record is None or record[1] != digest:
            return None
        # The record follows the file: right after an upload of the same bytes, it is still that of the one before.
        if time.time_ns() - status.st_ctime_ns > SETTLED_NS:
            self._known[name] = _Known(status.st_ino, digest, record[2])
        return record[2]

    def remember(self, name: AssetName, digest: str, uploader: str | None) -> None:
        """Record who uploaded the file with this digest; with None, that it is not known."""
        self._known.pop(name, None)
        if uploader is None:
            self._records.remove(name)
        else:
            self._records.write(name, f"{digest} {uploader}\n".encode(errors="replace"))

    def forget(self, name: AssetName) -> None:
        """Remove the record of a deleted file."""
        self._known.pop(name, None)
        self._records.remove(name)
