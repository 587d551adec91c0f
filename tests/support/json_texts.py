"""JSON texts in many spellings."""

from __future__ import annotations

import json

from hypothesis import strategies as st

_SPACES = ["", "", " ", "\n", "\t", "\r\n", "  \n\t "]
_SPACE = st.sampled_from(_SPACES)
_CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
_NUMBERS = st.one_of(
    st.sampled_from(
        ["1.10", "1E2", "1e+02", "-0", "-0.0", "0", "0e0", "1e-400", "5E-324", "1.7976931348623157e308"]
    ),
    st.from_regex(r"-?(0|[1-9][0-9]{0,40})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?", fullmatch=True),
).filter(str.isascii)
_DERIVED = frozenset({"deviceName", "deviceEntityId", "enableOTA"})


def _choices(draw: st.DrawFn, count: int, among: int) -> list[int]:
    """Make several choices by one draw: each draw of Hypothesis costs more than the work with it."""
    number = draw(st.integers(0, among**count - 1))
    return [number // among**place % among for place in range(count)]


@st.composite
def _strings(draw: st.DrawFn, of: st.SearchStrategy[str] | None = None) -> str:
    """A string literal: each character as itself, or as an escape in upper or lower case."""
    text = draw(of if of is not None else st.text(_CHARACTERS, max_size=8))
    chosen = zip(map(_spellings, text), _choices(draw, len(text), 12), strict=True)
    return '"' + "".join(spellings[choice % len(spellings)] for spellings, choice in chosen) + '"'


def _spellings(character: str) -> list[str]:
    units = character.encode("utf-16-be")
    escape = "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
    upper = escape.upper().replace("\\U", "\\u")
    short = json.dumps(character, ensure_ascii=False)[1:-1]
    return [short, escape, upper, "\\/"] if character == "/" else [short, escape, upper]


@st.composite
def _arrays(draw: st.DrawFn, values: st.SearchStrategy[str]) -> str:
    items = [_spaced(draw, item) for item in draw(st.lists(values, max_size=4))]
    return "[" + (",".join(items) or draw(_SPACE)) + "]"


@st.composite
def _objects(draw: st.DrawFn, values: st.SearchStrategy[str]) -> str:
    names = draw(st.lists(st.text(_CHARACTERS, max_size=6), max_size=4, unique=True))
    plain = [name for name in names if name not in _DERIVED]
    members = [(draw(_strings(st.just(name))), draw(values)) for name in plain]
    return _joined(draw, members)


def _joined(draw: st.DrawFn, members: list[tuple[str, str]]) -> str:
    return "{" + (",".join(_spaced(draw, name, ":", value) for name, value in members) or draw(_SPACE)) + "}"


def _spaced(draw: st.DrawFn, *tokens: str) -> str:
    spaces = [_SPACES[choice] for choice in _choices(draw, len(tokens) + 1, len(_SPACES))]
    return spaces[0] + "".join(token + space for token, space in zip(tokens, spaces[1:], strict=True))


_VALUES = st.recursive(
    st.one_of(_NUMBERS, _strings(), st.sampled_from(["true", "false", "null"])),
    lambda values: st.one_of(_arrays(values), _objects(values)),
    max_leaves=8,
)


@st.composite
def objects(draw: st.DrawFn) -> str:
    """The text of an object that the content rules accept; some have the derived fields, in any order."""
    derived = {
        "deviceName": draw(st.one_of(_strings(), st.just("null"))),
        "deviceEntityId": draw(st.one_of(_strings(), st.just("null"))),
        "enableOTA": draw(st.sampled_from(["true", "false", "null"])),
    }
    chosen = draw(st.lists(st.sampled_from(sorted(_DERIVED)), unique=True))
    others = draw(st.lists(st.text(_CHARACTERS, max_size=6), max_size=4, unique=True))
    members = [(draw(_strings(st.just(name))), derived[name]) for name in chosen]
    members += [(draw(_strings(st.just(n))), draw(_VALUES)) for n in others if n not in _DERIVED]
    return draw(_SPACE) + _joined(draw, draw(st.permutations(members))) + draw(_SPACE)
