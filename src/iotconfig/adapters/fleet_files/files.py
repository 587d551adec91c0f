"""Files of records. Written completely or not at all."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkstemp
from typing import IO, BinaryIO, Final

from iotconfig.adapters.codec import record_of
from iotconfig.domain.configs.bulk import BulkEntry, BulkRefusal, ExportedConfig
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.documents.line_ends import UTF8_MARK, without_mark
from iotconfig.domain.errors import InvalidDocument, IotConfigError, ValidationFailed, excerpt

from .records import is_document, read_document, read_ndjson

NDJSON_SUFFIX: Final = ".ndjson"
_HEAD_BYTES: Final = 1024


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
    check_parent(target)
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


def check_parent(target: Path) -> None:
    """Raise `ValidationFailed` unless the directory of a new file or directory exists."""
    parent = target.absolute().parent
    if not parent.is_dir():
        raise ValidationFailed(f"There is no directory {excerpt(str(parent))}.")
