"""Fleets as files: a directory of `<mac>.json`, or a file of records; read carefully, written all or nothing."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp, mkstemp
from typing import IO, BinaryIO, Final

from iotconfig.domain.content import ConfigContent
from iotconfig.domain.errors import IotConfigError, ValidationFailed, excerpt
from iotconfig.domain.fleet import Entry, Exported, Refusal
from iotconfig.domain.mac import MacAddress

from .codec import record_of
from .records import is_document, read_document, read_ndjson

NDJSON_SUFFIX: Final = ".ndjson"
_DOCUMENT_SUFFIX: Final = ".json"
_HEAD_BYTES: Final = 1024


def read_stream(stream: BinaryIO, name: str, max_content_bytes: int) -> Iterator[Entry | Refusal]:
    """The records of a file: a document `{"configs": […]}` where it begins like one, else NDJSON.

    `stream` can seek. `name` heads the places.
    """
    is_ndjson = name.endswith(NDJSON_SUFFIX)
    head = b"" if is_ndjson else stream.read(_HEAD_BYTES)
    stream.seek(-len(head), os.SEEK_CUR)
    read = read_document if is_document(head) else read_ndjson
    return read(stream, name, max_content_bytes)


def count_files(directory: Path) -> int:
    """How many there are in a directory."""
    with os.scandir(directory) as items:
        return sum(1 for _ in items)


def read_directory(directory: Path, max_content_bytes: int) -> Iterator[Entry | Refusal]:
    """The configs of a directory in which each file is `<mac>.json`, in any spelling of the MAC address.

    Whatever else is there is refused, and so is a link that leads out of the
    directory: nothing is passed over in silence. The order is the directory's.
    """
    root = directory.resolve(strict=True)
    with os.scandir(directory) as items:
        for item in items:
            place = excerpt(item.name)
            try:
                mac_address = _mac_address(item.name)
                yield Entry(place, mac_address, _content(Path(item.path), root, max_content_bytes))
            except IotConfigError as error:
                yield Refusal(place, error)
            except OSError as error:
                yield Refusal(place, ValidationFailed(f"The file cannot be read: {error.strerror}."))


def _mac_address(name: str) -> MacAddress:
    if not name.endswith(_DOCUMENT_SUFFIX):
        raise ValidationFailed("The name is not <mac>.json.")
    return MacAddress.parse(name.removesuffix(_DOCUMENT_SUFFIX))


def _content(path: Path, root: Path, max_bytes: int) -> ConfigContent:
    if not Path(os.path.realpath(path)).is_relative_to(root):
        raise ValidationFailed("It is a symbolic link that leads out of the directory.")
    # Opening a FIFO to read would wait for a writer.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValidationFailed("It is not a regular file.")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            # One byte more than may be stored is enough to know that there is too much.
            document = file.read(max_bytes + 1)
    finally:
        os.close(descriptor)
    if not document:
        raise ValidationFailed("The file is empty.")
    return ConfigContent.parse(document, max_bytes)


def write_records(stream: IO[bytes], configs: Iterable[Exported]) -> int:
    """Write configs as NDJSON, and say how many they were."""
    count = 0
    for exported in configs:
        stream.write(f"{record_of(exported)}\n".encode())
        count += 1
    return count


@contextmanager
def new_file(target: Path) -> Iterator[BinaryIO]:
    """A file that is at `target` when the block has ended well, synced to the disk, and nowhere otherwise."""
    _check_parent(target)
    descriptor, name = mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    part = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(descriptor)
        # What a new file is made with, had it not been made under another name.
        part.chmod(0o666 & ~_umask())
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def write_directory(target: Path, configs: Iterable[Exported]) -> int:
    """Write each config to `<mac>.json` in the directory `target`, which must be new or empty.

    A new directory is there when all of it is written, and not before; into an
    empty one the files are moved when all of them are written. Raises
    `ValidationFailed` where it holds something already.
    """
    _check_parent(target)
    is_new = not os.path.lexists(target)
    if not is_new and (not target.is_dir() or any(target.iterdir())):
        raise ValidationFailed(
            f"{excerpt(str(target))} exists already, and is no empty directory: choose another name, or end it in .ndjson."
        )
    # A directory that is there may be a mount, which no other can be put in place of.
    where = target.absolute().parent if is_new else target
    part = Path(mkdtemp(prefix=f".{target.name}.", suffix=".part", dir=where))
    try:
        count = 0
        for mac_address, text in configs:
            (part / f"{mac_address}{_DOCUMENT_SUFFIX}").write_bytes(text.encode())
            count += 1
        if is_new:
            part.chmod(0o777 & ~_umask())
            part.replace(target)
        else:
            for file in part.iterdir():
                file.replace(target / file.name)
            part.rmdir()
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return count


def _check_parent(target: Path) -> None:
    parent = target.absolute().parent
    if not parent.is_dir():
        raise ValidationFailed(f"There is no directory {excerpt(str(parent))}.")


def _umask() -> int:
    """The process's file mode mask, which can be read only by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
