"""The values of the members of a JSON object, as bodies and records spell them."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from iotconfig.domain.documents import strict_json
from iotconfig.domain.documents.content import MAX_DEPTH, ConfigContent
from iotconfig.domain.documents.json_members import Member, members
from iotconfig.domain.documents.member_value import MemberValue
from iotconfig.domain.documents.merge_patch import MergePatch
from iotconfig.domain.errors import ContentTooLarge, InvalidDocument
from iotconfig.domain.mac import MacAddress

from .moments import moment_in

# A body adds one object around the content.
BODY_DEPTH: Final = MAX_DEPTH + 1
"""Maximum depth of a body or record."""
_INTEGER: Final = re.compile(r"-?[0-9]+")
_MAX_DIGITS: Final = 19
_MAX_INTEGER: Final = 2**63 - 1


def mac_address_of(member: Member) -> MacAddress:
    """The MAC address in any spelling. Raises `InvalidDocument` and `InvalidMacAddress`."""
    if not isinstance(member.value, str):
        raise unexpected("a string", member)
    return MacAddress.parse(member.value)


def strings_of(member: Member) -> list[str]:
    """The strings of an array. Raises `InvalidDocument`."""
    if not isinstance(member.value, list):
        raise unexpected("an array", member)
    for index, item in enumerate(member.value):
        if not isinstance(item, str):
            raise InvalidDocument(
                f"expected a string, found {strict_json.kind(item)}", pointer=f"/{member.name}/{index}"
            )
    return member.value


def mac_addresses_of(member: Member) -> list[MacAddress]:
    """The MAC addresses of an array, in any spelling. Raises `InvalidDocument` and `InvalidMacAddress`."""
    return [MacAddress.parse(text) for text in strings_of(member)]


def member_values_of(member: Member) -> list[MemberValue]:
    """The conditions of an object: its names are JSON Pointers. Raises `InvalidDocument` and `ValidationFailed`."""
    if not isinstance(member.value, dict):
        raise unexpected("a JSON object", member)
    return [MemberValue(each.name, each.text) for each in members(member.text, BODY_DEPTH)]


def plain_value(kind: type, expected: str, member: Member) -> Any:
    """The value of type `kind`. Raises `InvalidDocument`, which names what was `expected`."""
    value = member.value
    if kind is int and type(value) is float and value.is_integer() and _INTEGER.fullmatch(member.text):
        return _integer(member)
    if type(value) is not kind:
        raise unexpected(expected, member)
    return value


def _integer(member: Member) -> int:
    # Numbers are decoded as floats, which may lose digits.
    digits = member.text.removeprefix("-")
    number = int(member.text) if len(digits) <= _MAX_DIGITS else None
    if number is None or abs(number) > _MAX_INTEGER:
        raise InvalidDocument(
            f"expected a whole number of at most {_MAX_INTEGER}, found one of {len(digits)} digits",
            pointer=f"/{member.name}",
        )
    return number


def word_of(member: Member, words: type[StrEnum]) -> StrEnum:
    """The word of an enumeration. Raises `InvalidDocument`."""
    try:
        return words(member.value)  # type: ignore[arg-type]  # Anything but one of the words is refused.
    except ValueError:
        raise InvalidDocument(f"expected one of {', '.join(words)}", pointer=f"/{member.name}") from None


def moment_of(member: Member) -> datetime | None:
    """The time with its offset (RFC 3339), or None for null. Raises `InvalidDocument`."""
    if member.value is None:
        return None
    moment = moment_in(member.value) if isinstance(member.value, str) else None
    if moment is None:
        raise unexpected("a time such as 2027-06-30T12:00:00Z, or null", member)
    return moment


def merge_patch_of(member: Member, max_bytes: int) -> MergePatch:
    """The merge patch. Raises `InvalidDocument`, and `ContentTooLarge` above `max_bytes`."""
    if not isinstance(member.value, dict):
        raise unexpected("a JSON object", member)
    if len(member.text) > max_bytes:
        raise ContentTooLarge(f"The merge patch is larger than {max_bytes} bytes.", max_bytes=max_bytes)
    try:
        return MergePatch.parse(member.text)
    except InvalidDocument as error:
        raise error.within(f"/{member.name}") from None


def content_of(member: Member, max_bytes: int) -> ConfigContent:
    """Content in either form: the object itself, or a string that holds its text.

    Raises `InvalidDocument`, and `ContentTooLarge` above `max_bytes`.
    """
    try:
        if isinstance(member.value, dict):
            return ConfigContent.of_decoded(member.text, member.value, max_bytes)
        if isinstance(member.value, str):
            return ConfigContent.parse(member.value, max_bytes)
    except InvalidDocument as error:
        raise error.within(f"/{member.name}") from None
    raise unexpected("a JSON object, or a string that holds one", member)


def unexpected(expected: str, member: Member) -> InvalidDocument:
    """The refusal of a member with a value of another kind."""
    return InvalidDocument(
        f"expected {expected}, found {strict_json.kind(member.value)}", pointer=f"/{member.name}"
    )


def missing(name: str) -> InvalidDocument:
    """The refusal of an object without the member `name`."""
    return InvalidDocument("this member is required", pointer=f"/{name}")
