"""A directory of a tree, read by its descriptor, so that no name leads out of it; what is wrong with it is noted."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self, TypeVar

from attrs import define, field, frozen

from iotconfig.adapters.regular_files import DIRECTORY, open_beneath
from iotconfig.domain.configs.bulk import BulkRefusal
from iotconfig.domain.documents.line_ends import UTF8_MARK, without_mark
from iotconfig.domain.errors import ContentTooLarge, IotConfigError, ValidationFailed, excerpt

from .names import may_be_config

T = TypeVar("T")


@define
class TreeReport:
    """What was refused of a tree, and what was left out."""

    refused: list[BulkRefusal] = field(factory=list)
    """What is wrong, with its file."""
    left_out: list[str] = field(factory=list)
    """Entries that are none of the tree: hidden ones such as `.git`, and files such as `README.md`."""

    def refuse(self, place: str, error: IotConfigError | OSError) -> None:
        """Note what is wrong with a file."""
        if isinstance(error, OSError):
            error = ValidationFailed(f"It cannot be read: {error.strerror}.")
        self.refused.append(BulkRefusal(excerpt(place), error))


@frozen
class TreeDirectory:
    """One directory of a tree, open."""

    _descriptor: int
    _path: str
    """Its path within the tree; empty for the top."""
    _report: TreeReport

    @classmethod
    @contextmanager
    def opened(cls, path: Path, report: TreeReport) -> Iterator[Self]:
        """The top of a tree, open for the block. Raises `OSError`."""
        descriptor = os.open(path, DIRECTORY)
        try:
            yield cls(descriptor, "", report)
        finally:
            os.close(descriptor)

    def place(self, name: str) -> str:
        """The path of an entry within the tree."""
        return f"{self._path}/{name}" if self._path else name

    def names(self, *, files: Collection[str] | None = None, directories: Collection[str] = ()) -> list[str]:
        """The entries that are of the tree, sorted. What may be meant for it and is none of it is refused, the rest left out.

        files: names of files; None for any `.json` file.
        directories: names of directories.
        """
        with os.scandir(self._descriptor) as items:
            is_directory = {item.name: item.is_dir() for item in items}
        return [
            name
            for name in sorted(is_directory)
            if self._is_of_tree(
                name, directories if is_directory[name] else files, is_directory=is_directory[name]
            )
        ]

    def directories(self) -> list[str]:
        """The directories that are not hidden, sorted; a file that may be meant for the tree is refused."""
        with os.scandir(self._descriptor) as items:
            found = {item.name for item in items if item.is_dir() and not item.name.startswith(".")}
        return self.names(files=(), directories=found)

    @contextmanager
    def inside(self, name: str) -> Iterator[TreeDirectory | None]:
        """A directory in this one, open for the block; None where it is refused, as a link is, which could lead out."""
        try:
            descriptor = os.open(name, DIRECTORY | os.O_NOFOLLOW, dir_fd=self._descriptor)
        except OSError as error:
            self._report.refuse(self.place(name), error)
            yield None
            return
        try:
            yield TreeDirectory(descriptor, self.place(name), self._report)
        finally:
            os.close(descriptor)

    def read(self, name: str, most: int, read: Callable[[bytes], T]) -> T | None:
        """What `read` makes of a file; None where the file is refused.

        most: bytes of the file, without a byte order mark.
        read: raises `IotConfigError`.
        """
        try:
            with os.fdopen(open_beneath(self._descriptor, name), "rb") as file:
                # One byte above the limit is enough to refuse the file as too large.
                document = without_mark(file.read(len(UTF8_MARK) + most + 1))
            if not document:
                raise ValidationFailed("The file is empty.")
            if len(document) > most:
                raise ContentTooLarge(f"The file is larger than {most} bytes.", max_bytes=most)
            return read(document)
        except (IotConfigError, OSError) as error:
            self._report.refuse(self.place(name), error)
            return None

    def _is_of_tree(self, name: str, known: Collection[str] | None, *, is_directory: bool) -> bool:
        if name.startswith(".") or not (is_directory or may_be_config(name)):
            self._report.left_out.append(self.place(name))
            return False
        if known is None or name in known:
            return True
        kind = "directory" if is_directory else "file"
        expected = f", only {', '.join(known)}" if known else " here"
        self._report.refuse(
            self.place(name),
            ValidationFailed(
                f"A tree has no {kind} of this name{expected}: rename it, or move it elsewhere."
            ),
        )
        return False
