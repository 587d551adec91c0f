"""Segments of a path that name a config or a revision."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import falcon

from iotconfig.domain.configs.config_use_cases import ConfigUseCases
from iotconfig.domain.errors import InvalidMacAddress, RecordNotFound, excerpt
from iotconfig.domain.mac import MacAddress

IdOf = Callable[[MacAddress], int]
"""Returns the id of a device's config. Raises `RecordNotFound` or `RecordGone`."""

_NUMBER: Final = re.compile(r"[1-9][0-9]{0,18}")
_DIGITS: Final = re.compile(r"[0-9]+")


def config_id(segment: str, id_of: IdOf) -> int:
    """The id of the config that the segment names: by its id, or by a MAC address that is not digits only.

    id_of: finds the config of a MAC address.

    Raises `RecordNotFound` for anything else, and as `id_of` does.
    """
    if not segment:
        raise falcon.HTTPRouteNotFound
    if _NUMBER.fullmatch(segment) is not None:
        return int(segment)
    if _DIGITS.fullmatch(segment) is None:
        try:
            mac_address = MacAddress.parse(segment)
        except InvalidMacAddress:
            pass
        else:
            return id_of(mac_address)
    raise RecordNotFound(excerpt(segment))


def id_in(service: ConfigUseCases) -> IdOf:
    """Find the id of the config that a device has now. It raises `RecordNotFound` or `RecordGone`."""
    return service.id_of


def revision_number(segment: str) -> int:
    """The revision that the segment spells. Raises `RecordNotFound` for anything else."""
    if not segment:
        raise falcon.HTTPRouteNotFound
    if _NUMBER.fullmatch(segment) is None:
        raise RecordNotFound(excerpt(segment), what="Revision")
    return int(segment)
