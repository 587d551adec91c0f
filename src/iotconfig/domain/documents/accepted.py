"""Conversion of arguments: the use cases accept values of the domain, and plain Python values in their place.

Another type of value is a defect of the calling program: it raises a `TypeError` that
names the expected types, before the store is used.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final, TypeAlias

from iotconfig.domain.arguments import check_kind, kind_of
from iotconfig.domain.errors import InvalidDocument

from .content import MAX_DEPTH, ConfigContent

ContentLike: TypeAlias = ConfigContent | str | bytes | Mapping[str, object]
"""The types that are accepted as content."""

_CONTENT: Final = "Content is a ConfigContent, JSON text (str or bytes), or a dict"


def content_of(given: ContentLike) -> ConfigContent:
    """The content that is given as itself, as JSON text, or as a mapping.

    Text is kept verbatim. A mapping is written as `json.dumps` does, without
    escapes beyond ASCII. Both are held to the rules of content and to 256 KiB.
    Raises what `ConfigContent.parse` does.
    """
    if isinstance(given, ConfigContent):
        return given
    if isinstance(given, str | bytes):
        return ConfigContent.parse(given)
    if isinstance(given, Mapping):
        return ConfigContent.parse(_json_of(given))
    raise TypeError(f"{_CONTENT}, not {kind_of(given)}.")


def _json_of(given: Mapping[str, object]) -> str:
    try:
        text = json.dumps(given, ensure_ascii=False, default=_as_json)
    except RecursionError:
        raise InvalidDocument(f"nested deeper than {MAX_DEPTH} levels", pointer="") from None
    except ValueError:
        raise InvalidDocument(
            "it contains itself, or a number with thousands of digits", pointer=""
        ) from None
    _check_names(given)
    return text


def _as_json(value: object) -> object:
    """Return the JSON form of a value that `json` cannot write."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(
        f"{_CONTENT}; its values are dicts, lists, strings, numbers, booleans or None, not {kind_of(value)}."
    )


def _check_names(given: Mapping[str, object]) -> None:
    """Refuse names that are no strings, of which `json` would make some. What is looked at does not hold itself."""
    waiting: list[object] = [given]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Mapping):
            for name in value:
                check_kind(name, str, "The name of a member is a str")
            waiting.extend(value.values())
        elif isinstance(value, list | tuple):
            waiting.extend(value)
