"""Segments of a path that name a config or a revision."""

from __future__ import annotations

import re
from typing import Final

import falcon

from iotconfig.domain.errors import InvalidMacAddress, RecordNotFound, excerpt
from iotconfig.domain.mac import MacAddress

_NUMBER: Final = re.compile(r"[1-9][0-9]{0,18}")


def config_id(segment: str) -> int:
    """The id that the segment spells. Raises `RecordNotFound` for anything else."""
    if not segment:
        raise falcon.HTTPRouteNotFound
    if _NUMBER.fullmatch(segment) is None:
        raise RecordNotFound(excerpt(segment), _hint(segment))
    return int(segment)


def revision_number(segment: str) -> int:
    """The revision that the segment spells. Raises `RecordNotFound` for anything else."""
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
