"""The answer about the document of a device, read with each value as it is written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from json import JSONDecoder
from typing import Any, Final

from iotconfig.domain.documents.content import MAX_DEPTH, ConfigContent
from iotconfig.domain.documents.json_members import Member, members
from iotconfig.domain.documents.strict_json import decode_utf8
from iotconfig.domain.errors import IotConfigError
from iotconfig.domain.mac import MacAddress

from .answers import RawJson
from .document_answers import DeviceDocument, DocumentLayer, ExplainedMember, ShadowedValue
from .entities import MalformedAnswer

_DEPTH: Final = MAX_DEPTH + 6
"""A value of a document is in a shadow of a member of the answer."""
_BETWEEN: Final = re.compile(r"[ \t\n\r,]*")
_PASSING: Final = JSONDecoder(parse_int=str, parse_float=str)


def device_document_of(text: bytes) -> DeviceDocument:
    """The answer of `GET /api/devices/{mac}/document`. Values have the exact text that the service sent.

    Raises `MalformedAnswer` for anything else.
    """
    try:
        found = _members(decode_utf8(text))
        document = found["document"]
        return DeviceDocument(
            mac_address=MacAddress.parse(_of(found, "mac_address", str)),
            number=_of(found, "number", int),
            etag=_of(found, "etag", str),
            is_served=_of(found, "is_served", bool),
            revision=_of(found, "revision", int),
            layers=[
                DocumentLayer(_of(each, "layer", str), _of(each, "revision", int))
                for each in map(_members, _elements(found["layers"].text))
            ],
            document=ConfigContent.of_decoded(document.text, document.value, len(document.text.encode())),
            members=_explained(found.get("members")),
            removals=_explained(found.get("removals")),
        )
    except (IotConfigError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise MalformedAnswer(f"DeviceDocument: {error!r}") from None


def _members(text: str) -> dict[str, Member]:
    return {each.name: each for each in members(text, _DEPTH)}


def _of(found: dict[str, Member], name: str, kind: type) -> Any:
    # The value of the member itself may have lost digits of a number.
    value = json.loads(found[name].text)
    if type(value) is not kind:
        raise TypeError(f"expected {kind.__name__}, found {type(value).__name__}")
    return value


def _elements(text: str) -> Iterator[str]:
    """The exact text of each element of an array that was checked before."""
    if not text.startswith("["):
        raise TypeError("expected an array")
    position = _after_space(text, 1)
    while text[position] != "]":
        _, end = _PASSING.raw_decode(text, position)
        yield text[position:end]
        position = _after_space(text, end)


def _after_space(text: str, position: int) -> int:
    found = _BETWEEN.match(text, position)
    assert found is not None  # noqa: S101 - it matches the empty text
    return found.end()


def _explained(member: Member | None) -> list[ExplainedMember] | None:
    if member is None or member.value is None:
        return None
    return [
        ExplainedMember(
            *_place(each), [_shadowed(_members(text)) for text in _elements(each["shadows"].text)]
        )
        for each in map(_members, _elements(member.text))
    ]


def _shadowed(found: dict[str, Member]) -> ShadowedValue:
    return ShadowedValue(*_place(found))


def _place(found: dict[str, Member]) -> tuple[str, RawJson, str | None, int]:
    layer = None if found["layer"].value is None else _of(found, "layer", str)
    return _of(found, "pointer", str), RawJson(found["value"].text), layer, _of(found, "revision", int)
