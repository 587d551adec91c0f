"""JSON Pointers (RFC 6901)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from iotconfig.domain.errors import ValidationFailed, excerpt

_POINTER: Final = re.compile(r"(/([^~/]|~[01])*)+", re.DOTALL)


def pointer(path: Sequence[str | int]) -> str:
    """A path of member names and indexes as a JSON Pointer (RFC 6901).

    A lone surrogate, which no answer could carry, is shown as its escape.
    """
    steps = (str(step).replace("~", "~0").replace("/", "~1") for step in path)
    return "".join(f"/{step}" for step in steps).encode(errors="backslashreplace").decode()


def path_of(text: str) -> tuple[str, ...]:
    """The member names and indexes of a JSON Pointer to a part of a document.

    Raises `ValidationFailed` for other text, and for the empty pointer, which is to the whole document.
    """
    if not _POINTER.fullmatch(text):
        raise ValidationFailed(
            f'"{excerpt(text)}" is not a JSON Pointer to a member: write it like /mqtt/host, '
            "with ~1 for a slash and ~0 for a tilde in a name."
        )
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in text[1:].split("/"))
