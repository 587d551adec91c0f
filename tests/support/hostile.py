"""Characters that control a terminal, begin a new line of a log, or change how text looks."""

from __future__ import annotations

from iotconfig.domain.text import harmless

HOSTILE = "\x1b\x07\b\r\n\t\x7f\x85\x9b\xad\u200b\u200e\u200f\u2028\u202e\u2066\u2069\ufeff\U000e0041"
"""ESC, BEL, BS, CR, LF, TAB, DEL, NEL, CSI of C1, a soft hyphen, no width, marks of direction, line ends, BOM, a tag."""

SPELT = harmless(HOSTILE)


def assert_harmless(text: str) -> None:
    """Check that every character of the text is visible and has no other effect."""
    assert [] == [ascii(character) for character in text if not character.isprintable()]
