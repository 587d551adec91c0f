"""The file `managed.json` of a tree: the names of the objects that it manages, or beginnings of them."""

from __future__ import annotations

import json
import re
from typing import Final

from iotconfig.adapters.codec.members import BODY_DEPTH, strings_of
from iotconfig.domain.documents import strict_json
from iotconfig.domain.documents.json_members import Member, members
from iotconfig.domain.errors import InvalidDocument
from iotconfig.domain.names import NAME_PATTERN
from iotconfig.domain.planning.managed import ALL, EVERY_NAME, Managed, Patterns

_DIGITS: Final = 12
_SEPARATORS: Final = str.maketrans("", "", ":-.")
_NAME_PATTERN: Final = re.compile(rf"{NAME_PATTERN}|({NAME_PATTERN})?\*")
_HEX: Final = re.compile("[0-9a-f]*")


def read_managed(document: bytes) -> Managed:
    """Read what a tree manages. Raises `InvalidDocument`."""
    found = members(strict_json.decode_utf8(document), BODY_DEPTH, ("layers", "devices"))
    given = {member.name: member for member in found}
    return Managed(
        layers=_names(given["layers"]) if "layers" in given else Patterns(),
        devices=_devices(given["devices"]) if "devices" in given else Patterns(),
    )


def managed_document(managed: Managed) -> bytes:
    """The text that `read_managed` reads back."""
    record = {"layers": managed.layers.spelled(), "devices": managed.devices.spelled()}
    return (json.dumps(record, indent=2) + "\n").encode()


EVERYTHING_MANAGED: Final = Managed(layers=EVERY_NAME, devices=EVERY_NAME)
"""What an export writes: the tree manages the whole fleet."""


def _names(member: Member) -> Patterns:
    return Patterns.of(
        _name(text, f"/{member.name}/{index}") for index, text in enumerate(strings_of(member))
    )


def _name(text: str, place: str) -> str:
    """A pattern of names of layers."""
    if _NAME_PATTERN.fullmatch(text) is None:
        raise InvalidDocument(
            "expected a name, or the beginning of one and then *, such as floor-*", pointer=place
        )
    return text


def _devices(member: Member) -> Patterns:
    return Patterns.of(
        _device(text, f"/{member.name}/{index}") for index, text in enumerate(strings_of(member))
    )


def _device(text: str, place: str) -> str:
    """A pattern of MAC addresses in any spelling, as one of digits."""
    digits = text.removesuffix(ALL).translate(_SEPARATORS).lower()
    is_whole = not text.endswith(ALL)
    if _HEX.fullmatch(digits) is None or len(digits) > _DIGITS or (is_whole and len(digits) != _DIGITS):
        raise InvalidDocument(
            "expected a MAC address, or the beginning of one and then *, such as 0200000000*", pointer=place
        )
    return digits if is_whole else f"{digits}{ALL}"
