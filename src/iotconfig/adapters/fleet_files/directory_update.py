"""A directory of `<mac>.json` files brought up to date: only files whose config is another are written."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

from attrs import Factory, define, frozen

from iotconfig.adapters.regular_files import DIRECTORY, open_beneath
from iotconfig.domain.configs.bulk import ExportedConfig
from iotconfig.domain.documents.line_ends import is_same, without_mark
from iotconfig.domain.errors import IotConfigError, ValidationFailed, excerpt
from iotconfig.domain.mac import MacAddress

from .directory_writing import NEW_FILE, new_part, write_new
from .files import check_parent
from .names import DOCUMENT_SUFFIX, FileNames, mac_address_of
from .side_files import IN_DIRECTORY

_MORE_BYTES: Final = 1024
"""The most bytes of line ends at the end of a file that is found the same, and of its byte order mark."""


@frozen
class DirectoryChanges:
    """What an update changed in a directory, as names of files."""

    new: tuple[str, ...]
    changed: tuple[str, ...]
    """Those with another content or another name than before."""
    removed: tuple[str, ...]
    unchanged: int
    """The number of files that were left as they were."""
    others: tuple[str, ...]
    """Files that end in `.json` and are not named by a MAC address; they were left, and an import refuses them."""
    side_file: str | None = None
    """What became of the file with tags and notes: new, changed or removed; None where it stays as it is, or there is none."""


def update_directory(
    target: Path, configs: Iterable[ExportedConfig], names: FileNames | None, labels: bytes = b""
) -> DirectoryChanges:
    """Make the files of a directory those of `configs`: write what is new or another, and remove what is gone.

    Files that an import would find the same stay untouched: they may differ in line ends. All files are written
    before the first one gets its name, and each gets it in one step. Only files named by MAC addresses are
    replaced or removed. A directory that does not exist is made.

    names: the spelling of all names; None keeps that of existing files, and makes others plain.
    labels: the content of the side file; empty: it is removed.

    Raises `ValidationFailed` if `target` is no directory, if an entry in the place of a config is no file, and if
    all files would be removed; and `OSError`.
    """
    check_parent(target)
    with ExitStack() as stack:
        is_new = not os.path.lexists(target)
        if is_new:
            target.mkdir(0o700)
        try:
            root = _opened(stack, target)
            held, others = _listed(root)
            part = new_part(root, target)
            try:
                inside = os.open(part, DIRECTORY | os.O_NOFOLLOW, dir_fd=root)
                stack.callback(os.close, inside)
                update = _Update(root, inside, names, held)
                for config in configs:
                    update.take(config)
                update.take_labels(labels)
                update.finish(target)
                os.rmdir(part, dir_fd=root)
            except BaseException:
                shutil.rmtree(part, ignore_errors=True, dir_fd=root)
                raise
        except BaseException:
            if is_new:
                with suppress(OSError):
                    target.rmdir()
            raise
    return DirectoryChanges(
        tuple(update.new),
        tuple(update.changed),
        tuple(update.gone),
        update.unchanged,
        others,
        update.side_file,
    )


@define
class _Update:
    """One update: the configs are taken one by one, and then their files get their names."""

    _root: int
    _inside: int
    """A directory in `_root`, for files that are not complete yet."""
    _names: FileNames | None
    _held: dict[MacAddress, list[str]]
    """The names of the existing files of each device whose config was not taken."""
    new: list[str] = Factory(list)
    changed: list[str] = Factory(list)
    gone: list[str] = Factory(list)
    unchanged: int = 0
    side_file: str | None = None
    _renamed: list[tuple[str, str]] = Factory(list)

    def take(self, config: ExportedConfig) -> None:
        """Write the file of a config, unless there is one that is the same."""
        held = self._held.pop(config.mac_address, [])
        name = self._name(config.mac_address, held)
        if not held:
            self._write(name, config.text)
            self.new.append(name)
            return
        before = name if name in held else held[0]
        self.gone += [other for other in held if other != before]
        is_changed = not self._has(before, config.text)
        if is_changed:
            # A file that is replaced keeps its mode.
            mode = os.stat(before, dir_fd=self._root, follow_symlinks=False).st_mode
            self._write(name, config.text, stat.S_IMODE(mode) if stat.S_ISREG(mode) else None)
        if before != name:
            self._renamed.append((before, name))
        if is_changed or before != name:
            self.changed.append(name)
        else:
            self.unchanged += 1

    def take_labels(self, labels: bytes) -> None:
        """Write the side file, unless there is one that is the same. Nothing in its place but a file is replaced or removed."""
        try:
            found = os.stat(IN_DIRECTORY, dir_fd=self._root, follow_symlinks=False)
        except FileNotFoundError:
            if labels:
                write_new(self._inside, IN_DIRECTORY, labels)
                self.side_file = "new"
            return
        if not (stat.S_ISREG(found.st_mode) or stat.S_ISLNK(found.st_mode)):
            raise ValidationFailed(f"{IN_DIRECTORY} is not a regular file: move it elsewhere.")
        if not labels:
            self.side_file = "removed"
        elif not self._has(IN_DIRECTORY, labels.decode()):
            self._write(
                IN_DIRECTORY,
                labels.decode(),
                stat.S_IMODE(found.st_mode) if stat.S_ISREG(found.st_mode) else None,
            )
            self.side_file = "changed"

    def finish(self, target: Path) -> None:
        """Give the files their names, and remove those without a config."""
        gone = sorted(self._held.items())
        if gone and not (self.new or self.changed or self.unchanged):
            raise ValidationFailed(
                f"There are no configs, and all {len(gone)} of {excerpt(str(target))} would be removed: "
                "is it the database that you meant? If so, remove the files yourself."
            )
        self.gone += [name for _, names in gone for name in names]
        # Renamed rather than removed: where file names have no case, both names are those of one file.
        for before, name in self._renamed:
            os.rename(before, name, src_dir_fd=self._root, dst_dir_fd=self._root)
        with os.scandir(self._inside) as items:
            written = [item.name for item in items]
        for name in written:
            os.rename(name, name, src_dir_fd=self._inside, dst_dir_fd=self._root)
        for name in [*self.gone, IN_DIRECTORY] if self.side_file == "removed" else self.gone:
            os.unlink(name, dir_fd=self._root)

    def _name(self, mac_address: MacAddress, held: list[str]) -> str:
        if self._names is not None:
            return self._names.name_of(mac_address)
        return held[0] if held else FileNames.PLAIN.name_of(mac_address)

    def _has(self, name: str, text: str) -> bool:
        """Whether an import of this file would find it the same as a stored content."""
        # Each line end may have two bytes in place of one.
        most = 2 * len(text.encode()) + _MORE_BYTES
        try:
            with os.fdopen(open_beneath(self._root, name), "rb") as file:
                found = file.read(most + 1)
            return len(found) <= most and is_same(without_mark(found).decode(), text)
        except (OSError, IotConfigError, UnicodeDecodeError):
            return False

    def _write(self, name: str, text: str, mode: int | None = None) -> None:
        """Write a file that is not complete yet. `mode`: of the file that it replaces, if it does."""
        with os.fdopen(os.open(name, NEW_FILE, 0o600, dir_fd=self._inside), "wb") as file:
            file.write(text.encode())
            if mode is None:
                return
            # What is replaced must not be lost. A new file is written again by the next update; 10,000 took 50 s.
            file.flush()
            os.fsync(file.fileno())
            # A file system without modes refuses to set one.
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) != mode:
                os.fchmod(file.fileno(), mode)


def _opened(stack: ExitStack, target: Path) -> int:
    try:
        descriptor = os.open(target, DIRECTORY)
    except NotADirectoryError:
        raise ValidationFailed(f"{excerpt(str(target))} is not a directory.") from None
    stack.callback(os.close, descriptor)
    return descriptor


def _listed(root: int) -> tuple[dict[MacAddress, list[str]], tuple[str, ...]]:
    """Return the names of the files of each device, and of other files that end in `.json`."""
    held: dict[MacAddress, list[str]] = {}
    others = []
    with os.scandir(root) as items:
        for item in sorted(items, key=lambda item: item.name):
            try:
                mac_address = mac_address_of(item.name)
            except IotConfigError:
                if item.name.endswith(DOCUMENT_SUFFIX):
                    others.append(item.name)
                continue
            if not (item.is_file(follow_symlinks=False) or item.is_symlink()):
                raise ValidationFailed(f"{excerpt(item.name)} is not a regular file: move it elsewhere.")
            held.setdefault(mac_address, []).append(item.name)
    return held, tuple(others)
