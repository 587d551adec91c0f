"""Files are opened first and checked by their descriptor: a name can refer to another file after a check by name."""

from __future__ import annotations

import errno
import os
import stat
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from attrs import define, field

from iotconfig.domain.errors import ValidationFailed

# Opening a FIFO to read would wait for a writer.
_READING: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_MOST_STEPS: Final = 200
"""Names, links and the directories that they go through, on the way to a file."""
_LEADS_OUT: Final = "It is a symbolic link that leads out of the directory."


@contextmanager
def opened_regular(path: Path) -> Iterator[BinaryIO]:
    """Open a file to read it; links are followed. Raises `OSError`, also if it is not a regular file."""
    with os.fdopen(os.open(path, _READING), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file")
        yield file


def read_regular(path: Path, max_bytes: int) -> bytes:
    """Return all bytes of a file that a setting names; links are followed.

    Raises `OSError`, also if it is not a regular file, or larger than `max_bytes`.
    """
    with opened_regular(path) as file:
        # One byte above the limit shows that the file is too large.
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise OSError(errno.EFBIG, f"it is larger than {max_bytes} bytes")
    return content


def open_beneath(root: int, name: str) -> int:
    """Return the descriptor of a regular file in the directory open as `root`; the caller closes it.

    Links are followed as long as they stay in the directory. Each step is relative to an open directory, so a
    name that is changed meanwhile cannot lead out of it. Raises `OSError`, and `ValidationFailed` for a link that
    leads out, and for anything but a regular file, which is not opened.
    """
    with ExitStack() as opened:
        directories = _Directories(root, opened)
        parts = deque([name])
        for _ in range(_MOST_STEPS):
            if not parts:
                raise ValidationFailed("It is not a regular file.")
            part = parts.popleft()
            if part == os.pardir:
                directories.leave()
            elif parts and directories.enter(part):
                continue
            elif not parts and (descriptor := _file(part, directories.here)) is not None:
                return descriptor
            else:
                parts.extendleft(reversed(directories.steps_of(part)))
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))


@define
class _Directories:
    """The way from a directory to one inside it, each of them open."""

    _root: int
    _opened: ExitStack
    _way: list[int] = field(factory=list)

    @property
    def here(self) -> int:
        return self._way[-1] if self._way else self._root

    def leave(self) -> None:
        if not self._way:
            raise ValidationFailed(_LEADS_OUT)
        self._way.pop()

    def enter(self, part: str) -> bool:
        """Go into a directory; False where the name is a link."""
        try:
            descriptor = os.open(part, DIRECTORY | os.O_NOFOLLOW, dir_fd=self.here)
        except OSError:
            if not stat.S_ISLNK(os.stat(part, dir_fd=self.here, follow_symlinks=False).st_mode):
                raise
            return False
        self._opened.callback(os.close, descriptor)
        self._way.append(descriptor)
        return True

    def steps_of(self, link: str) -> list[str]:
        """The names that a link stands for, from here on, or from the root on."""
        target = os.readlink(link, dir_fd=self.here)
        if target.startswith("/"):
            top = f"{os.path.realpath(f'/proc/self/fd/{self._root}')}/"
            if not target.startswith(top):
                raise ValidationFailed(_LEADS_OUT)
            target = target.removeprefix(top)
            self._way.clear()
        return [step for step in target.split("/") if step not in ("", os.curdir)]


def _file(part: str, here: int) -> int | None:
    """Open a regular file; None where the name is a link. What is no file can have effects when it is opened."""
    mode = os.stat(part, dir_fd=here, follow_symlinks=False).st_mode
    if stat.S_ISLNK(mode):
        return None
    _check(mode)
    try:
        return _checked(os.open(part, _READING | os.O_NOFOLLOW, dir_fd=here))
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        return None


def _checked(descriptor: int) -> int:
    try:
        _check(os.fstat(descriptor).st_mode)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _check(mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise ValidationFailed("It is not a regular file.")
