"""Configs read from a directory of `<mac>.json` files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from attrs import frozen

from iotconfig.adapters.regular_files import DIRECTORY, open_beneath
from iotconfig.domain.configs.bulk import BulkEntry, BulkRefusal
from iotconfig.domain.configs.label_entries import LabelEntry
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.documents.line_ends import UTF8_MARK, without_mark
from iotconfig.domain.errors import IotConfigError, ValidationFailed, excerpt

from . import side_files
from .names import mac_address_of, may_be_config


@frozen
class SourceDirectory:
    """The entries of a directory, sorted by name."""

    path: Path
    names: tuple[str, ...]
    """Those that are read: files of configs, files whose names may be meant so, and directories."""
    others: tuple[str, ...]
    """Those that are left out: hidden ones such as `.git`, and files such as `README.md`."""
    has_side_file: bool = False
    """Whether there is a file with tags and notes."""

    @classmethod
    def listed(cls, path: Path) -> Self:
        """List a directory. Raises `OSError`."""
        with os.scandir(path) as items:
            is_read = {item.name: _is_read(item) for item in items}
        names = sorted(is_read)
        return cls(
            path,
            tuple(name for name in names if is_read[name]),
            tuple(name for name in names if not is_read[name] and name != side_files.IN_DIRECTORY),
            side_files.IN_DIRECTORY in is_read,
        )

    def read(self, max_content_bytes: int) -> Iterator[BulkEntry | BulkRefusal]:
        """Read the configs, in the order of `names`; a file's name is its MAC address, in any spelling.

        What is no config is a refusal, and so is a link that leads out of the directory.

        max_content_bytes: size limit of each content.

        Raises `OSError` if the directory cannot be opened.
        """
        root = os.open(self.path, DIRECTORY)
        try:
            for name in self.names:
                place = excerpt(name)
                try:
                    mac_address = mac_address_of(name)
                    yield BulkEntry(place, mac_address, _content(root, name, max_content_bytes))
                except IotConfigError as error:
                    yield BulkRefusal(place, error)
                except OSError as error:
                    yield BulkRefusal(place, ValidationFailed(f"The file cannot be read: {error.strerror}."))
        finally:
            os.close(root)

    def read_labels(self) -> Iterator[LabelEntry | BulkRefusal]:
        """Read the tags and notes of the side file. A link that leads out of the directory is a refusal."""
        root = os.open(self.path, DIRECTORY)
        try:
            with os.fdopen(open_beneath(root, side_files.IN_DIRECTORY), "rb") as file:
                yield from side_files.read_labels(file, side_files.IN_DIRECTORY)
        except OSError as error:
            reason = ValidationFailed(f"The file cannot be read: {error.strerror}.")
            yield BulkRefusal(side_files.IN_DIRECTORY, reason)
        except IotConfigError as error:
            yield BulkRefusal(side_files.IN_DIRECTORY, error)
        finally:
            os.close(root)


def _is_read(item: os.DirEntry[str]) -> bool:
    # A directory may have configs inside: it is not left out without a word.
    if item.name == side_files.IN_DIRECTORY:
        return False
    return may_be_config(item.name) or (not item.name.startswith(".") and Path(item.path).is_dir())


def _content(root: int, name: str, max_bytes: int) -> ConfigContent:
    with os.fdopen(open_beneath(root, name), "rb") as file:
        # One byte above the limit is enough to refuse the content as too large.
        document = without_mark(file.read(len(UTF8_MARK) + max_bytes + 1))
    if not document:
        raise ValidationFailed("The file is empty.")
    return ConfigContent.parse(document, max_bytes)
