r"""Additions of editors and Windows tools to a text: a last line end, \r\n for \n, a byte order mark.

JSON's strings hold no line ends, so a document means the same with other ones. A text that
differs in nothing else is therefore no change, where it comes out of a file or an editor.
"""

from __future__ import annotations

from typing import Final

from iotconfig.domain.errors import InvalidDocument

from .content import ConfigContent

UTF8_MARK: Final = b"\xef\xbb\xbf"
"""The byte order mark in UTF-8; Windows' Notepad and PowerShell begin files with it."""

_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")


def without_mark(begin: bytes) -> bytes:
    """The bytes with which a file begins, without a byte order mark.

    Raises `InvalidDocument` for UTF-16, which Windows PowerShell's `>` writes.
    """
    # A JSON text begins with a character of ASCII, of which UTF-16 makes a pair with a zero.
    if begin.startswith(_UTF16_MARKS) or begin[:2].count(0) == 1:
        raise InvalidDocument(
            "the text is UTF-16, as PowerShell's > may write it: save it as UTF-8", line=1, column=1
        )
    return begin.removeprefix(UTF8_MARK)


def is_same(text: str, other: str) -> bool:
    """Whether two texts differ in line ends, and in those at their end, at most."""
    return text == other or _bare(text) == _bare(other)


def as_stored(content: ConfigContent, stored: ConfigContent) -> ConfigContent:
    """`stored` where the two differ in line ends at most, else `content`."""
    return stored if is_same(content.text, stored.text) else content


def _bare(text: str) -> str:
    return text.replace("\r\n", "\n").rstrip("\n")
