"""JSON values and texts, in many spellings.

Hypothesis draws a seed and a size, and shrinks the size. When it drew each character, a text took 20 ms, and most of what it
is tested with less than one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, TypeVar

from hypothesis import strategies as st

_T = TypeVar("_T")

_SPACES = ("", "", " ", "\n", "\t", "\r\n", "  \n\t ")
_NUMBERS = (
    "1.10", "1E2", "1e+02", "-0", "-0.0", "0", "0e0", "1e-400", "5E-324", "1.7976931348623157e308",
)  # fmt: skip
_SPECIAL = '"\\/\b\f\n\r\t\x7f\x85\u2028\u2029\ufeff\ufffd\uffff\U0001f600\U0010ffff'
_RANGES = ((0x20, 0x7E), (0x01, 0x1F), (0x7F, 0xFF), (0x100, 0xD7FF), (0xE000, 0xFFFF), (0x10000, 0x10FFFF))
"""All characters but NUL and the surrogates."""
_SHARED = ("a", "b", "é", "", "a/b", "~")
"""Names that occur in many texts, so that two texts have some in common."""
_DERIVED = ("deviceName", "deviceEntityId", "enableOTA")
_DEEPEST = 4
_LONGEST = 8


def made(make: Callable[[Random, int], _T], largest: int = _LONGEST) -> st.SearchStrategy[_T]:
    """What a function makes of chance and a size."""
    sizes, seeds = st.integers(0, largest), st.integers(0, 2**32 - 1)
    return st.builds(lambda size, seed: make(Random(seed), size), sizes, seeds)  # noqa: S311 - chosen by Hypothesis


def any_value(
    random: Random, names: Sequence[str], leaves: Sequence[object], size: int, depth: int = 4
) -> Any:
    """A value that JSON can express: a leaf, or lists and objects with up to `size` items, of these names and leaves."""
    kind = random.randrange(3) if depth and size else 0
    if kind == 0:
        return random.choice(leaves)
    items = [any_value(random, names, leaves, size - 1, depth - 1) for _ in range(random.randint(0, size))]
    return items if kind == 1 else {random.choice(names): item for item in items}


def objects() -> st.SearchStrategy[str]:
    """The text of an object that the content rules accept; some have the derived fields, in any order."""
    return made(_content)


def _content(random: Random, size: int) -> str:
    derived = {
        "deviceName": random.choice([_string(random, _characters(random)), "null"]),
        "deviceEntityId": random.choice([_string(random, _characters(random)), "null"]),
        "enableOTA": random.choice(["true", "false", "null"]),
    }
    chosen = [name for name in _DERIVED if random.randrange(2)][:size]
    members = [(_string(random, name), derived[name]) for name in chosen]
    members += _members(random, size, _DEEPEST)
    random.shuffle(members)
    return random.choice(_SPACES) + _joined(random, members) + random.choice(_SPACES)


def _members(random: Random, most: int, depth: int) -> list[tuple[str, str]]:
    """Members with different names, none of which is a derived field."""
    names = {
        random.choice([random.choice(_SHARED), _characters(random)])
        for _ in range(random.randint(0, min(most, 4)))
    }
    return [
        (_string(random, name), _value(random, depth - 1)) for name in sorted(names) if name not in _DERIVED
    ]


def _value(random: Random, depth: int) -> str:
    match random.randrange(9) if depth else random.randrange(6):
        case 0:
            return random.choice(["true", "false", "null"])
        case 1:
            return random.choice(_NUMBERS)
        case 2:
            return _number(random)
        case 3 | 4 | 5:
            return _string(random, _characters(random))
        case 6 | 7:
            items = [_spaced(random, _value(random, depth - 1)) for _ in range(random.randint(0, 4))]
            return "[" + (",".join(items) or random.choice(_SPACES)) + "]"
        case _:
            return _joined(random, _members(random, 4, depth))


def _number(random: Random) -> str:
    """A number within the range of a double: digits, perhaps a fraction, perhaps an exponent."""
    text = random.choice(["", "-"]) + str(random.randrange(10 ** random.randint(1, 41)))
    if random.randrange(2):
        text += "." + "".join(random.choices("0123456789", k=random.randint(1, 30)))
    if random.randrange(2):
        text += random.choice("eE") + random.choice(["", "+", "-"]) + str(random.randrange(100))
    return text


def _characters(random: Random) -> str:
    return "".join(_character(random) for _ in range(random.randint(0, _LONGEST)))


def _character(random: Random) -> str:
    if random.randrange(4) == 0:
        return random.choice(_SPECIAL)
    return chr(random.randint(*random.choice(_RANGES)))


def _string(random: Random, text: str) -> str:
    """A string literal: each character as itself, or as an escape in upper or lower case."""
    return '"' + "".join(random.choice(_spellings(character)) for character in text) + '"'


def _spellings(character: str) -> list[str]:
    units = character.encode("utf-16-be")
    escape = "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
    upper = escape.upper().replace("\\U", "\\u")
    short = json.dumps(character, ensure_ascii=False)[1:-1]
    return [short, escape, upper, "\\/"] if character == "/" else [short, escape, upper]


def _joined(random: Random, members: list[tuple[str, str]]) -> str:
    texts = [_spaced(random, name, ":", found) for name, found in members]
    return "{" + (",".join(texts) or random.choice(_SPACES)) + "}"


def _spaced(random: Random, *tokens: str) -> str:
    return random.choice(_SPACES) + "".join(token + random.choice(_SPACES) for token in tokens)
