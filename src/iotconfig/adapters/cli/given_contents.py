"""A document that a command gets as an argument, in a file, or on standard input."""

from __future__ import annotations

from typing import BinaryIO

from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.documents.line_ends import UTF8_MARK, without_mark

from .streams import STANDARD_STREAM, standard_input


def content_in(text: str | None, file: BinaryIO | None, max_bytes: int) -> ConfigContent:
    """The content in `text` (`-` for standard input), or in a file. Raises as `ConfigContent.parse` does."""
    source = standard_input() if text == STANDARD_STREAM else file
    if source is None:
        return ConfigContent.parse(text or "", max_bytes)
    # One byte above the limit is enough to refuse the content as too large.
    return ConfigContent.parse(without_mark(source.read(len(UTF8_MARK) + max_bytes + 1)), max_bytes)
