r"""The characters that editors and Windows tools add to a text: a final line end, \r\n for \n, a byte order mark.

JSON strings contain no line ends, so other line ends do not change the meaning of a document. A text from a
file or an editor that differs from the stored text only in line ends therefore makes no change.
"""

from __future__ import annotations

from typing import Final

from iotconfig.domain.errors import InvalidDocument

from .content import ConfigContent

UTF8_MARK: Final = b"\xef\xbb\xbf"
"""The byte order mark in UTF-8; Windows' Notepad and PowerShell begin files with it."""

_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")


def without_mark(begin: bytes) -> bytes:
    """Return the first bytes of a file without a byte order mark.

    Raises `InvalidDocument` for UTF-16, which Windows PowerShell's `>` writes.
    """
    # A JSON text begins with an ASCII character, which has two bytes in UTF-16, one of them zero.
    if begin.startswith(_UTF16_MARKS) or begin[:2].count(0) == 1:
        raise InvalidDocument(
            "the text is UTF-16, as PowerShell's > may write it: save it as UTF-8", line=1, column=1
        )
    return begin.removeprefix(UTF8_MARK)


def is_same(text: str, other: str) -> bool:
    """Whether two texts are equal apart from line ends, those at the end of the text included."""
    return text == other or _bare(text) == _bare(other)


def as_stored(content: ConfigContent, stored: ConfigContent) -> ConfigContent:
    """Return `stored` if the two are equal apart from line ends, otherwise `content`."""
    return stored if is_same(content.text, stored.text) else content


def _bare(text: str) -> str:
    return text.replace("\r\n", "\n").rstrip("\n")
