"""Configs written to a new directory of `<mac>.json` files: completely or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Final

from iotconfig.adapters.regular_files import DIRECTORY
from iotconfig.domain.configs.bulk import ExportedConfig
from iotconfig.domain.errors import ValidationFailed, excerpt

from .files import check_parent
from .names import FileNames
from .side_files import IN_DIRECTORY

NEW_FILE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def write_directory(
    target: Path, configs: Iterable[ExportedConfig], names: FileNames, labels: bytes = b""
) -> int:
    """Write each config to a file in the directory `target`, which must be new or empty.

    labels: the content of the side file; empty: there is none.

    A new directory gets its name after all files are written. Into an empty
    one, the files are moved after all are written. Returns their number. Raises
    `ValidationFailed` if `target` is not empty or not a directory.
    """
    with new_directory(target) as inside:
        count = _write_documents(inside, configs, names)
        if labels:
            write_new(inside, IN_DIRECTORY, labels)
    return count


@contextmanager
def new_directory(target: Path) -> Iterator[int]:
    """A directory that is new or empty, open for the block; what is written into it appears at the end, or not at all.

    Raises `ValidationFailed` if `target` is not empty or not a directory.
    """
    check_parent(target)
    is_new = not os.path.lexists(target)
    with ExitStack() as stack:
        # By descriptors from here on, so that a link that is created meanwhile leads no file elsewhere.
        # An existing directory may be a mount point, which cannot be replaced.
        where = _opened(stack, target.absolute().parent if is_new else target, target)
        if not is_new and _entries(where):
            raise _not_empty(target)
        part = new_part(where, target)
        try:
            inside = os.open(part, DIRECTORY | os.O_NOFOLLOW, dir_fd=where)
            stack.callback(os.close, inside)
            yield inside
            if is_new:
                os.rename(part, target.name, src_dir_fd=where, dst_dir_fd=where)
            else:
                for name in _entries(inside):
                    os.rename(name, name, src_dir_fd=inside, dst_dir_fd=where)
                os.rmdir(part, dir_fd=where)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True, dir_fd=where)
            raise


def new_part(directory: int, target: Path) -> str:
    """Make a hidden directory for files that are not complete yet; returns its name."""
    name = f".{target.name}.{token_hex(8)}.part"
    os.mkdir(name, 0o700, dir_fd=directory)
    return name


def _opened(stack: ExitStack, directory: Path, target: Path) -> int:
    try:
        descriptor = os.open(directory, DIRECTORY)
    except NotADirectoryError:
        raise ValidationFailed(
            f"{excerpt(str(target))} exists already, and is not a directory: choose another name, or one that ends in .ndjson."
        ) from None
    stack.callback(os.close, descriptor)
    return descriptor


def _entries(directory: int) -> list[str]:
    with os.scandir(directory) as items:
        return [item.name for item in items]


def _not_empty(target: Path) -> ValidationFailed:
    return ValidationFailed(
        f"{excerpt(str(target))} exists already, and is not an empty directory: add --into to update its files, "
        "or choose another name."
    )


def _write_documents(directory: int, configs: Iterable[ExportedConfig], names: FileNames) -> int:
    count = 0
    for mac_address, text in configs:
        name = names.name_of(mac_address)
        write_new(directory, name, text.encode())
        count += 1
    return count


def write_new(directory: int, name: str, content: bytes) -> None:
    """Write a new file that only its owner may read."""
    with os.fdopen(os.open(name, NEW_FILE, 0o600, dir_fd=directory), "wb") as file:
        file.write(content)
