"""Configs as files: a directory of `<mac>.json`, or a file of records. Written completely or not at all."""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from tempfile import mkstemp
from typing import IO, BinaryIO, Final

from iotconfig.adapters.codec import record_of
from iotconfig.adapters.regular_files import DIRECTORY, open_beneath
from iotconfig.domain.configs.bulk import BulkEntry, BulkRefusal, ExportedConfig
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.documents.line_ends import UTF8_MARK, without_mark
from iotconfig.domain.errors import InvalidDocument, IotConfigError, ValidationFailed, excerpt
from iotconfig.domain.mac import MacAddress

from .records import is_document, read_document, read_ndjson

NDJSON_SUFFIX: Final = ".ndjson"
_DOCUMENT_SUFFIX: Final = ".json"
_HEAD_BYTES: Final = 1024
_NEW_FILE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def read_stream(stream: BinaryIO, name: str, max_content_bytes: int) -> Iterator[BulkEntry | BulkRefusal]:
    """Read the records of a file: a document `{"configs": […]}` if it begins like one, else NDJSON.

    `stream`: a seekable file; a byte order mark is skipped.
    `name`: the file's name, for the places of refusals.
    `max_content_bytes`: size limit of each content.
    """
    read = stream.read(_HEAD_BYTES)
    try:
        head = without_mark(read)
    except InvalidDocument as error:
        return iter([BulkRefusal(f"{name}:1", error)])
    stream.seek(-len(head), os.SEEK_CUR)
    is_in_document = not name.endswith(NDJSON_SUFFIX) and is_document(head)
    return (read_document if is_in_document else read_ndjson)(stream, name, max_content_bytes)


def is_content(stream: BinaryIO, max_content_bytes: int) -> bool:
    """Whether a seekable file is the content of one device, and has no records; the position in the file stays.

    `max_content_bytes`: size limit of a content.
    """
    start = stream.tell()
    text = stream.read(len(UTF8_MARK) + max_content_bytes + 1)
    stream.seek(start)
    try:
        names = json.loads(ConfigContent.parse(without_mark(text), max_content_bytes).text).keys()
    except IotConfigError:
        return False
    return bool(names != {"configs"} and names.isdisjoint({"mac_address", "content"}))


def count_files(directory: Path) -> int:
    """Count the entries of a directory."""
    with os.scandir(directory) as items:
        return sum(1 for _ in items)


def read_directory(directory: Path, max_content_bytes: int) -> Iterator[BulkEntry | BulkRefusal]:
    """Read the configs of a directory whose files are named `<mac>.json`, in any spelling of the MAC address.

    Every other entry is a refusal, and so is a link that leads out of the
    directory: no entry is ignored. The order is the directory's.
    """
    root = os.open(directory, DIRECTORY)
    try:
        with os.scandir(root) as items:
            for item in items:
                place = excerpt(item.name)
                try:
                    mac_address = _mac_address(item.name)
                    yield BulkEntry(place, mac_address, _content(root, item.name, max_content_bytes))
                except IotConfigError as error:
                    yield BulkRefusal(place, error)
                except OSError as error:
                    yield BulkRefusal(place, ValidationFailed(f"The file cannot be read: {error.strerror}."))
    finally:
        os.close(root)


def _mac_address(name: str) -> MacAddress:
    if not name.endswith(_DOCUMENT_SUFFIX):
        raise ValidationFailed("The name is not <mac>.json.")
    return MacAddress.parse(name.removesuffix(_DOCUMENT_SUFFIX))


def _content(root: int, name: str, max_bytes: int) -> ConfigContent:
    with os.fdopen(open_beneath(root, name), "rb") as file:
        # One byte above the limit is enough to refuse the content as too large.
        document = without_mark(file.read(len(UTF8_MARK) + max_bytes + 1))
    if not document:
        raise ValidationFailed("The file is empty.")
    return ConfigContent.parse(document, max_bytes)


def write_records(stream: IO[bytes], configs: Iterable[ExportedConfig]) -> int:
    """Write configs as NDJSON; returns their number."""
    count = 0
    for exported in configs:
        stream.write(f"{record_of(exported)}\n".encode())
        count += 1
    return count


@contextmanager
def new_file(target: Path) -> Iterator[BinaryIO]:
    """A new file, which is synced and renamed to `target` at the end of the block, and removed after an exception."""
    _check_parent(target)
    descriptor, name = mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    part = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(descriptor)
            # The file has passwords: only its owner may read a new one. A replaced file keeps its mode.
            with suppress(FileNotFoundError):
                os.fchmod(descriptor, stat.S_IMODE(target.stat().st_mode))
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def write_directory(target: Path, configs: Iterable[ExportedConfig]) -> int:
    """Write each config to `<mac>.json` in the directory `target`, which must be new or empty.

    A new directory gets its name after all files are written. Into an empty
    one, the files are moved after all are written. Returns their number. Raises
    `ValidationFailed` if `target` is not empty or not a directory.
    """
    _check_parent(target)
    is_new = not os.path.lexists(target)
    with ExitStack() as stack:
        # By descriptors from here on, so that a link that is created meanwhile leads no file elsewhere.
        # An existing directory may be a mount point, which cannot be replaced.
        where = _opened(stack, target.absolute().parent if is_new else target, target)
        if not is_new and _names(where):
            raise _taken(target)
        part = f".{target.name}.{token_hex(8)}.part"
        os.mkdir(part, 0o700, dir_fd=where)
        try:
            inside = os.open(part, DIRECTORY | os.O_NOFOLLOW, dir_fd=where)
            stack.callback(os.close, inside)
            count = _write_documents(inside, configs)
            if is_new:
                os.rename(part, target.name, src_dir_fd=where, dst_dir_fd=where)
            else:
                for name in _names(inside):
                    os.rename(name, name, src_dir_fd=inside, dst_dir_fd=where)
                os.rmdir(part, dir_fd=where)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True, dir_fd=where)
            raise
    return count


def _opened(stack: ExitStack, directory: Path, target: Path) -> int:
    try:
        descriptor = os.open(directory, DIRECTORY)
    except NotADirectoryError:
        raise _taken(target) from None
    stack.callback(os.close, descriptor)
    return descriptor


def _names(directory: int) -> list[str]:
    with os.scandir(directory) as items:
        return [item.name for item in items]


def _taken(target: Path) -> ValidationFailed:
    return ValidationFailed(
        f"{excerpt(str(target))} exists already, and is not an empty directory: choose another name, or one that ends in .ndjson."
    )


def _write_documents(directory: int, configs: Iterable[ExportedConfig]) -> int:
    count = 0
    for mac_address, text in configs:
        name = f"{mac_address}{_DOCUMENT_SUFFIX}"
        with os.fdopen(os.open(name, _NEW_FILE, 0o600, dir_fd=directory), "wb") as file:
            file.write(text.encode())
        count += 1
    return count


def _check_parent(target: Path) -> None:
    parent = target.absolute().parent
    if not parent.is_dir():
        raise ValidationFailed(f"There is no directory {excerpt(str(parent))}.")
