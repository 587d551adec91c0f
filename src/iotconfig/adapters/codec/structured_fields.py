"""Items of structured fields (RFC 9651) that are a token with parameters.

The packages for structured fields have had no release for years, or few users; one kind of item is needed here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote_to_bytes

from iotconfig.domain.errors import ValidationFailed

_WORD: Final = r"[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*"
_PARAMETER: Final = re.compile(
    rf"""
    ;\ *(?P<key>[a-z*][a-z0-9_.*-]*)
    (?:=(?:
        "(?P<string>(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"
        | %"(?P<display>(?:[\x20\x21\x23\x24\x26-\x7e]|%[0-9a-f]{{2}})*)"
        | (?P<integer>-?[0-9]{{1,15}})(?![0-9.])
        | (?P<token>{_WORD})
        | (?P<other>-?[0-9]{{1,12}}\.[0-9]{{1,3}} | \?[01] | @-?[0-9]{{1,15}} | :[A-Za-z0-9+/=]*:)
    ))?
    """,
    re.VERBOSE,
)
_ITEM: Final = re.compile(rf" *({_WORD})")
_ESCAPED: Final = re.compile(r"\\(.)")

Value = str | int | None


def token_item(text: str) -> tuple[str, Mapping[str, Value]]:
    """The token and the parameters of an item.

    Strings, display strings and tokens are str, integers are int, and values of other types None. Of parameters
    with one key, the last counts.

    Raises `ValidationFailed` for any other text.
    """
    item = _ITEM.match(text)
    if item is None:
        raise _malformed(text, 0)
    found: dict[str, Value] = {}
    position, end = item.end(), len(text.rstrip(" "))
    while position < end:
        parameter = _PARAMETER.match(text, position)
        if parameter is None:
            raise _malformed(text, position)
        found[parameter["key"]] = _value(parameter)
        position = parameter.end()
    return item[1], found


def _value(parameter: re.Match[str]) -> Value:
    if (string := parameter["string"]) is not None:
        return _ESCAPED.sub(r"\1", string)
    if (display := parameter["display"]) is not None:
        try:
            return unquote_to_bytes(display).decode()
        except UnicodeDecodeError:
            raise ValidationFailed(f"Parameter {parameter['key']} is not UTF-8.") from None
    if (integer := parameter["integer"]) is not None:
        return int(integer)
    token: str | None = parameter["token"]
    return token


def _malformed(text: str, position: int) -> ValidationFailed:
    where = f"at character {position + 1} of {len(text)}" if text.strip() else "it is empty"
    return ValidationFailed(f"The header is no token with parameters (RFC 9651): {where}.")
