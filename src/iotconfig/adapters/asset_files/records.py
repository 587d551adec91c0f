"""Small files about assets, in a directory beside them: one for each name."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from iotconfig.domain.assets.asset import AssetName

from .directory import open_file

MAX_RECORD: Final = 4096
"""The bytes of a record that are read."""
_RECORD_MODE: Final = 0o600
_DIRECTORY_MODE: Final = 0o700


class Records:
    """The records in one directory. No failure is reported: what they say can be told again, or is only of interest."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def read(self, name: AssetName) -> bytes:
        """Return the record about an asset; empty where there is none."""
        with suppress(OSError):
            descriptor = open_file(self._directory / str(name))
            if descriptor is not None:
                try:
                    return os.read(descriptor, MAX_RECORD)
                finally:
                    os.close(descriptor)
        return b""

    def write(self, name: AssetName, record: bytes) -> None:
        """Replace the record about an asset. Its last character must show that it is whole: a process may end on its way."""
        with suppress(OSError):
            self._directory.mkdir(_DIRECTORY_MODE, exist_ok=True)
            self._write(str(name), record)

    def remove(self, name: AssetName) -> None:
        """Remove the record about an asset, if there is one."""
        with suppress(OSError):
            (self._directory / str(name)).unlink()

    def _write(self, name: str, record: bytes) -> None:
        """Write a record, following no link."""
        directory = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=directory)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            descriptor = os.open(name, flags, _RECORD_MODE, dir_fd=directory)
            try:
                os.write(descriptor, record)
            finally:
                os.close(descriptor)
        finally:
            os.close(directory)
