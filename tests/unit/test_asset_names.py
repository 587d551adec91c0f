"""Names of assets: one safe path segment."""

from __future__ import annotations

import pytest

from iotconfig.domain.assets.asset import AssetName
from iotconfig.domain.errors import ValidationFailed

BAD = [
    "", ".", "..", "...", ".hidden", ".upload-1", ".digests", "a/b", "/a", "a/", "../a", "a\\b", "..\\a", "a\0", "\0",
    "a b", " a", "a ", "a\n", "\na", "a\t", "a\r\n", "%2e%2e", "%2f", "a%", "a:b", "a*", "a?", "a#b", "a&b", "a;b", "~a",
    "a'b", 'a"b', "<a>", "ä", "a\u0301", "\uff41", "\u0663", "a\u202eb", "a\ud800", "\x7f", "a" * 256, "a" * 300,
]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "a", "0", "_", "-", "-rf", "firmware.bin", "Firmware-1.2.3_final.BIN", "a.", "a..b", "a" * 255,
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-",
    ],
)  # fmt: skip
def test_a_name_is_kept_as_it_is(text: str) -> None:
    """A name has up to 255 letters, digits, dots, underscores and dashes, and is kept unchanged."""
    assert text == str(AssetName(text))


@pytest.mark.parametrize("text", BAD, ids=[ascii(text)[:20] for text in BAD])
def test_everything_else_is_refused(text: str) -> None:
    """The refusal is one line with the rule and the begin of the refused name."""
    with pytest.raises(ValidationFailed, match="has an invalid format: it is 1 to 255 of") as refused:
        AssetName(text)

    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 500


def test_names_are_sorted_by_their_characters() -> None:
    """The order does not depend on a locale."""
    names = [AssetName(text) for text in ("b", "a", "B", "_", "1")]

    assert ["1", "B", "_", "a", "b"] == [str(name) for name in sorted(names)]
