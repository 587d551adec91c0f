"""Makes untrusted text safe for a terminal or a log: invisible characters are written as escapes.

Control characters (ESC, BEL, CR, C1) move the cursor and change colours; line ends forge
lines of a log; direction marks and zero-width characters make a text look like another. Visible
is a character for which `str.isprintable` is true: not of the categories Other and Separator,
except the space.
"""

from __future__ import annotations

import json


def harmless(text: str) -> str:
    r"""Return `text` on one line, with Python's escapes (`\x1b`, `\u202e`) for invisible characters."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def harmless_lines(text: str) -> str:
    r"""Return `harmless` of each line of a text; lines end with `\n`."""
    return text if text.isprintable() else "\n".join(map(harmless, text.split("\n")))


def harmless_json(text: str) -> str:
    r"""Return a JSON text with the same value, with `\u…` for invisible characters in strings; its line ends stay."""
    if text.isascii() and "\x7f" not in text:
        return text
    return "".join(c if c.isprintable() or c in "\n\r\t" else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    # The delete character is the one that JSON's own encoder leaves.
    return "\\u007f" if character == "\x7f" else json.dumps(character)[1:-1]


def is_storable(text: str) -> bool:
    """Whether every database can store the text: no NUL, and no lone surrogate."""
    return not any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text)
