"""What the last part of a path names: a config by its id, a device's document, or a revision."""

from __future__ import annotations

import re
from typing import Final

import falcon

from iotconfig.domain.errors import InvalidMacAddress, RecordNotFound, excerpt
from iotconfig.domain.mac import MacAddress

_DOCUMENT_SUFFIX: Final = ".json"
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,18}")


def is_document(segment: str) -> bool:
    """Whether the segment names a device's document."""
    return segment.endswith(_DOCUMENT_SUFFIX)


def document_mac(segment: str) -> MacAddress:
    """The device whose document the segment names. Raises `InvalidMacAddress`."""
    return MacAddress.parse(segment.removesuffix(_DOCUMENT_SUFFIX))


def config_id(segment: str) -> int:
    """The id that the segment spells; anything else names no config."""
    if not segment:
        raise falcon.HTTPRouteNotFound
    if _NUMBER.fullmatch(segment) is None:
        raise RecordNotFound(excerpt(segment), _hint(segment))
    return int(segment)


def revision_number(segment: str) -> int:
    """The revision that the segment spells; anything else names none."""
    if not segment:
        raise falcon.HTTPRouteNotFound
    if _NUMBER.fullmatch(segment) is None:
        raise RecordNotFound(excerpt(segment), what="Revision")
    return int(segment)


def _hint(segment: str) -> str:
    try:
        mac_address = MacAddress.parse(segment)
    except InvalidMacAddress:
        return ""
    return (
        f"a device's document is at /api/configs/{mac_address}.json, "
        f"and PUT /api/configs/by-mac/{mac_address} stores it"
    )
