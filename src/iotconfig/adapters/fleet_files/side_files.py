"""Side files: the tags and the notes of devices beside their documents, one record in each line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, BinaryIO, Final, cast

from attrs import frozen

from iotconfig.adapters.codec import label_entry_of, label_record_of
from iotconfig.domain.configs.bulk import BulkRefusal
from iotconfig.domain.configs.label_entries import LabelEntry, LabelledDevice
from iotconfig.domain.documents.line_ends import UTF8_MARK
from iotconfig.domain.errors import ContentTooLarge, IotConfigError

from .records import PausingFile, may_have_more_than, read_lines, refusal_of

IN_DIRECTORY: Final = "tags.ndjson"
"""The name of the side file in a directory of configs."""
_BESIDE: Final = ".tags.ndjson"
_MOST_LINE_BYTES: Final = 16 * 1024
"""More than 32 tags and a note need, with an escape for each character."""


def side_file_of(records: Path) -> Path:
    """The side file of a file of records: `fleet.tags.ndjson` beside `fleet.ndjson`."""
    return records.with_suffix(_BESIDE)


@frozen
class LabelFile:
    """The records of a seekable side file, from its beginning, as `read_labels` gives them.

    Raises `ContentTooLarge` for more than `most` records.
    """

    file: BinaryIO
    most: int
    give_turn: Callable[[], None] | None = None
    """Called before each read, so that other requests of the thread run, also if no record is found."""

    def __iter__(self) -> Iterator[LabelEntry | BulkRefusal]:
        self.file.seek(0)
        file = self.file
        if self.give_turn is not None:
            file = cast("BinaryIO", PausingFile(file, self.give_turn))
        for number, entry in enumerate(read_labels(file, "")):
            if number >= self.most:
                raise ContentTooLarge(
                    f"The request has more than {self.most:,} records: split it.", max_records=self.most
                )
            yield entry

    def may_have_more_than(self, count: int) -> bool:
        """Whether there may be more than `count` records, by the first 256 KiB, without parsing."""
        return may_have_more_than(self.file, count)


def read_labels(stream: BinaryIO, name: str) -> Iterator[LabelEntry | BulkRefusal]:
    """Read the records of a side file; blank lines are skipped, and so is a byte order mark.

    name: the file's name, for the places of refusals; without one, a place is `line n`.
    """

    def entry(line: bytes, place: str, number: int) -> LabelEntry | BulkRefusal:
        try:
            return label_entry_of(line.removeprefix(UTF8_MARK) if number == 1 else line, place)
        except IotConfigError as error:
            return refusal_of(error, line, place, number)

    return read_lines(stream, name, _MOST_LINE_BYTES, entry)


def write_labels(stream: IO[bytes], devices: Iterable[LabelledDevice]) -> int:
    """Write a record for each device; returns their number."""
    count = 0
    for device in devices:
        stream.write(f"{label_record_of(device)}\n".encode())
        count += 1
    return count


def labels_text(devices: Iterable[LabelledDevice]) -> bytes:
    """The content of a side file; empty without devices."""
    return b"".join(f"{label_record_of(device)}\n".encode() for device in devices)
