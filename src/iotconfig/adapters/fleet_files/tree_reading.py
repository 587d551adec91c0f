"""A fleet read from a tree of files. What is wrong is refused by file and place, and all of it is named."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

from attrs import define, field

from iotconfig.adapters.regular_files import DIRECTORY, open_beneath
from iotconfig.domain.configs.bulk import BulkRefusal
from iotconfig.domain.configs.labels import Labels
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.documents.line_ends import UTF8_MARK, without_mark
from iotconfig.domain.errors import ContentTooLarge, IotConfigError, ValidationFailed, excerpt
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.planning.managed import Managed
from iotconfig.domain.planning.tree import Tree

from . import tree_files
from .names import mac_address_of, may_be_config
from .tree_labels import read_labels
from .tree_managed import read_managed

T = TypeVar("T")


@define
class TreeReading:
    """A tree that is read once; afterwards, what was refused and what was left out is known."""

    _path: Path
    _max_content_bytes: int
    refused: list[BulkRefusal] = field(init=False, factory=list)
    """What is wrong, with its file. With one refusal, the tree has not everything that its files say."""
    left_out: list[str] = field(init=False, factory=list)
    """Entries that are none of the tree: hidden ones such as `.git`, and files such as `README.md`."""
    _places: dict[MacAddress, str] = field(init=False, factory=dict)

    def read(self) -> Tree:
        """Read the files. A link that leads out of the directory is a refusal.

        Raises `OSError` if the directory cannot be opened, and `ValidationFailed` if it has nothing of a tree.
        """
        with ExitStack() as stack:
            root = _opened(stack, self._path)
            names = self._known(root)
            if not names:
                raise ValidationFailed(
                    f"{excerpt(str(self._path))} has none of {', '.join((*tree_files.DIRECTORIES, *tree_files.FILES))}: "
                    "is it the directory that you meant?"
                )
            devices = dict(self._devices(stack, root)) if tree_files.DEVICES in names else {}
            labels: dict[MacAddress, Labels] | None = None
            if tree_files.LABELS in names:
                labels = self._file(root, tree_files.LABELS, tree_files.MOST_LABEL_BYTES, read_labels)
            managed: Managed | None = None
            if tree_files.MANAGED in names:
                managed = self._file(root, tree_files.MANAGED, tree_files.MOST_MANAGED_BYTES, read_managed)
        tree = Tree(devices, labels, managed)
        self._check_managed(tree)
        return tree

    def _known(self, root: int) -> set[str]:
        """The names of the tree at its top. Others are left out, or refused if they may be meant for it."""
        known = set()
        with os.scandir(root) as items:
            for item in sorted(items, key=lambda item: item.name):
                is_directory = not item.name.startswith(".") and item.is_dir()
                if item.name in (tree_files.DIRECTORIES if is_directory else tree_files.FILES):
                    known.add(item.name)
                elif is_directory or may_be_config(item.name):
                    expected = tree_files.DIRECTORIES if is_directory else tree_files.FILES
                    self._refuse(
                        item.name,
                        ValidationFailed(
                            f"A tree has no {'directory' if is_directory else 'file'} of this name, only {', '.join(expected)}: "
                            "rename it, or move it elsewhere."
                        ),
                    )
                else:
                    self.left_out.append(item.name)
        return known

    def _devices(self, stack: ExitStack, root: int) -> Iterator[tuple[MacAddress, ConfigContent]]:
        directory = self._directory(stack, root, tree_files.DEVICES)
        if directory is None:
            return
        for name in self._listed(directory, tree_files.DEVICES):
            place = f"{tree_files.DEVICES}/{name}"
            try:
                mac_address = mac_address_of(name)
                if other := self._places.get(mac_address):
                    raise ValidationFailed(
                        f"{excerpt(other)} is of the same device, {mac_address}: remove one of the two."
                    )
                self._places[mac_address] = place
                document = _document(directory, name, self._max_content_bytes)
                yield mac_address, ConfigContent.parse(document, self._max_content_bytes)
            except (IotConfigError, OSError) as error:
                self._refuse(place, error)

    def _listed(self, directory: int, path: str) -> list[str]:
        """The names in a directory that are meant for the tree, sorted."""
        names = sorted(os.listdir(directory))
        self.left_out += [f"{path}/{name}" for name in names if not may_be_config(name)]
        return [name for name in names if may_be_config(name)]

    def _directory(self, stack: ExitStack, parent: int, name: str) -> int | None:
        try:
            # Not followed: a link could lead out of the tree.
            descriptor = os.open(name, DIRECTORY | os.O_NOFOLLOW, dir_fd=parent)
        except OSError as error:
            self._refuse(name, error)
            return None
        stack.callback(os.close, descriptor)
        return descriptor

    def _file(self, directory: int, name: str, most: int, read: Callable[[bytes], T]) -> T | None:
        try:
            document = _document(directory, name, most)
            if len(document) > most:
                raise ContentTooLarge(f"The file is larger than {most} bytes.", max_bytes=most)
            return read(document)
        except (IotConfigError, OSError) as error:
            self._refuse(name, error)
            return None

    def _check_managed(self, tree: Tree) -> None:
        if tree.managed is None:
            return
        outside = {
            **{mac: self._places[mac] for mac in tree.devices},
            **{mac: tree_files.LABELS for mac in tree.labels or () if mac not in tree.devices},
        }
        for mac_address, place in outside.items():
            if not tree.managed.has_device(mac_address):
                self._refuse(
                    place,
                    ValidationFailed(
                        f"{tree_files.MANAGED} does not have the device {mac_address}: add it there, or the beginning of its "
                        "MAC address and then *."
                    ),
                )

    def _refuse(self, place: str, error: IotConfigError | OSError) -> None:
        if isinstance(error, OSError):
            error = ValidationFailed(f"It cannot be read: {error.strerror}.")
        self.refused.append(BulkRefusal(excerpt(place), error))


def _opened(stack: ExitStack, path: Path) -> int:
    descriptor = os.open(path, DIRECTORY)
    stack.callback(os.close, descriptor)
    return descriptor


def _document(directory: int, name: str, most: int) -> bytes:
    with os.fdopen(open_beneath(directory, name), "rb") as file:
        # One byte above the limit is enough to refuse the document as too large.
        document = without_mark(file.read(len(UTF8_MARK) + most + 1))
    if not document:
        raise ValidationFailed("The file is empty.")
    return document
