"""The ids and MAC addresses among the words that name a config."""

from __future__ import annotations

import re
from typing import Final

from iotconfig.domain.errors import InvalidMacAddress
from iotconfig.domain.mac import MacAddress

_ID: Final = re.compile(r"[0-9]{1,100}")
_BARE_MAC_DIGITS: Final = 12


def key_of(name: str) -> int | MacAddress | None:
    """The id or the MAC address that a name is; None for the name of a device."""
    if _ID.fullmatch(name) and len(name) != _BARE_MAC_DIGITS:
        return int(name)
    try:
        return MacAddress.parse(name)
    except InvalidMacAddress:
        return None
