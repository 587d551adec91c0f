"""A disk of a few megabytes, which can be filled to the last byte."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen

_BLOCK = bytes(64 * 1024)


class CannotMount(Exception):
    """The user may not mount a file system."""


@frozen
class SmallDisk:
    """A separate mounted file system."""

    path: Path

    @property
    def _ballast(self) -> Path:
        return self.path / "ballast"

    def fill(self, room: int = 0) -> None:
        """Fill the disk except for `room` bytes."""
        with self._ballast.open("ab", buffering=0) as ballast:
            try:
                while True:
                    ballast.write(_BLOCK)
            except OSError:
                ballast.truncate(max(0, ballast.tell() - room))

    def free(self) -> None:
        """Free the space."""
        self._ballast.unlink()


@contextmanager
def small_disk(path: Path, megabytes: int) -> Iterator[SmallDisk]:
    """Mount a file system in memory at `path`. Raises `CannotMount` if the user may not."""
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0700", "tmpfs", str(path)]
    done = subprocess.run(mount, capture_output=True, check=False)
    if done.returncode:
        raise CannotMount(done.stderr.decode().strip())
    try:
        yield SmallDisk(path)
    finally:
        subprocess.run(["umount", str(path)], check=True)
        path.rmdir()
