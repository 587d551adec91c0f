"""JSON texts in the many spellings that people and programs write."""

from __future__ import annotations

import json

from hypothesis import strategies as st

_SPACE = st.sampled_from(["", "", " ", "\n", "\t", "\r\n", "  \n\t "])
_CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
_NUMBERS = st.one_of(
    st.sampled_from(
        ["1.10", "1E2", "1e+02", "-0", "-0.0", "0", "0e0", "1e-400", "5E-324", "1.7976931348623157e308"]
    ),
    st.from_regex(r"-?(0|[1-9][0-9]{0,40})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?", fullmatch=True),
).filter(str.isascii)
_DERIVED = frozenset({"deviceName", "deviceEntityId", "enableOTA"})


@st.composite
def _strings(draw: st.DrawFn, of: st.SearchStrategy[str] | None = None) -> str:
    """A string's literal: each character as itself, or as an escape of either case."""
    text = draw(of if of is not None else st.text(_CHARACTERS, max_size=8))
    return '"' + "".join(draw(st.sampled_from(_spellings(character))) for character in text) + '"'


def _spellings(character: str) -> list[str]:
    units = character.encode("utf-16-be")
    escape = "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
    upper = escape.upper().replace("\\U", "\\u")
    short = json.dumps(character, ensure_ascii=False)[1:-1]
    return [short, escape, upper, "\\/"] if character == "/" else [short, escape, upper]


@st.composite
def _arrays(draw: st.DrawFn, values: st.SearchStrategy[str]) -> str:
    items = [draw(_SPACE) + item + draw(_SPACE) for item in draw(st.lists(values, max_size=4))]
    return "[" + (",".join(items) or draw(_SPACE)) + "]"


@st.composite
def _objects(draw: st.DrawFn, values: st.SearchStrategy[str]) -> str:
    names = draw(st.lists(st.text(_CHARACTERS, max_size=6), max_size=4, unique=True))
    plain = [name for name in names if name not in _DERIVED]
    members = [(draw(_strings(st.just(name))), draw(values)) for name in plain]
    return _joined(draw, members)


def _joined(draw: st.DrawFn, members: list[tuple[str, str]]) -> str:
    spaced = [draw(_SPACE) + name + draw(_SPACE) + ":" + draw(_SPACE) + value for name, value in members]
    return "{" + (",".join(text + draw(_SPACE) for text in spaced) or draw(_SPACE)) + "}"


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
