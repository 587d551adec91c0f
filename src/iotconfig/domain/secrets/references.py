r"""References to secrets: `{"$secret": "wifi-psk"}` in place of a value in a document.

Only the spelling `$secret` makes a reference. An object with a member of that name in which a character is
written as an escape (`"\u0024secret"`) is an object like any other.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from iotconfig.domain.documents.places import pointer_to_object
from iotconfig.domain.errors import InvalidDocument
from iotconfig.domain.names import NAME_PATTERN

MARK: Final = '"$secret"'
"""The characters that every document with a reference has."""

MAX_REFERENCES: Final = 100
"""Maximum number of references in a document."""

_SPACES: Final = " \t\n\r"
_COLON: Final = re.compile(rf"[{_SPACES}]*:")
_REFERENCE: Final = re.compile(
    rf'\{{[{_SPACES}]*{re.escape(MARK)}[{_SPACES}]*:[{_SPACES}]*"({NAME_PATTERN})"[{_SPACES}]*\}}'
)


class Reference(NamedTuple):
    """One reference in a text."""

    name: str
    """The name of the secret."""
    begin: int
    """The position of its opening brace."""
    end: int
    """The position after its closing brace."""


def references(text: str) -> list[Reference]:
    """Return the references in the text of a document that was checked before, in their order.

    Raises `InvalidDocument`, with its pointer, for a malformed reference: an object in which `$secret` is not the
    only member, or its value is not a name; for a document that is a reference itself; and for more than 100 references.
    """
    found: list[Reference] = []
    position = text.find(MARK)
    while position != -1:
        behind = position + len(MARK)
        # A quote within a string stands behind a backslash, so what is found without one is a whole string.
        if text[position - 1] != "\\" and _COLON.match(text, behind):
            found.append(_reference_at(text, position))
            if len(found) > MAX_REFERENCES:
                raise InvalidDocument(
                    f"a document refers to secrets at most {MAX_REFERENCES} times", pointer=""
                )
        position = text.find(MARK, behind)
    if len(found) == 1 and found[0].end - found[0].begin == len(text.strip()):
        raise InvalidDocument("a document cannot be a secret as a whole: its members can", pointer="")
    return found


def names_of(text: str) -> frozenset[str]:
    """Return the names of the secrets that a document refers to. Raises as `references` does."""
    return frozenset(reference.name for reference in references(text))


def shows_value(text: str, pointer: str) -> bool:
    """Whether what stands at a place of the document that devices are given has the value of a secret, or is one.

    text: of the document with the names of secrets.
    pointer: the place, as a JSON Pointer.
    """
    return any(
        f"{place}/".startswith(f"{pointer}/")
        for place in (pointer_to_object(text, each.begin + 1) for each in references(text))
    )


def _reference_at(text: str, position: int) -> Reference:
    """The reference that has its member at `position`."""
    begin = position - 1
    while text[begin] in _SPACES:
        begin -= 1
    match = _REFERENCE.match(text, begin)
    if match is None:
        raise InvalidDocument(
            'a reference to a secret has the member "$secret" only, whose value is the name of the secret',
            pointer=pointer_to_object(text, position),
        )
    return Reference(match[1], begin, match.end())
