"""What the use cases accept: values of the domain, and the plain values of Python that stand for them.

A value of any other kind is a fault of the calling program, and a `TypeError` whose
sentence says what to give instead. It is raised before a store is asked, so no
store ever gets one.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Final, TypeAlias

from .content import MAX_DEPTH, ConfigContent
from .errors import InvalidDocument
from .kinds import check_kind, check_whole_number, kind_of
from .mac import MacAddress

ContentLike: TypeAlias = ConfigContent | str | bytes | Mapping[str, object]
"""What is taken as content."""

_CONTENT: Final = "Content is a ConfigContent, JSON text (str or bytes), or a dict"


def mac_address_of(given: MacAddress | str) -> MacAddress:
    """The MAC address that is given as itself, or as text in any spelling. Raises `InvalidMacAddress`."""
    return given if isinstance(given, MacAddress) else MacAddress.parse(given)


def optional_mac_address(given: MacAddress | str | None) -> MacAddress | None:
    """As `mac_address_of`; None stays None."""
    return None if given is None else mac_address_of(given)


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


def optional_revisions(given: Collection[int] | None) -> frozenset[int] | None:
    """As `revisions_of`; None stays None."""
    return None if given is None else revisions_of(given)


def revisions_of(given: Collection[int]) -> frozenset[int]:
    """The revisions of a precondition, given as any collection of ints."""
    way = "The revisions of a precondition are a set of ints, such as {3}"
    if isinstance(given, str | bytes):
        raise TypeError(f"{way}, not {kind_of(given)}.")
    check_kind(given, Collection, way)
    for revision in given:
        check_whole_number(revision, way)
    return frozenset(given)


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
    """What JSON knows, of a value that `json` does not."""
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
