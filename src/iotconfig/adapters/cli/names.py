"""Names of configs in commands: an id or a MAC address."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from iotconfig.domain.mac import MacAddress

if TYPE_CHECKING:
    from iotconfig.domain.configs.config import Config
    from iotconfig.domain.configs.config_use_cases import ConfigUseCases
    from iotconfig.domain.configs.history_use_cases import HistoryUseCases

_ID: Final = re.compile(r"[0-9]{1,100}")
_BARE_MAC_DIGITS: Final = 12


def key_of(name: str) -> int | MacAddress:
    """Read a name as an id or a MAC address. Raises `InvalidMacAddress`."""
    if _ID.fullmatch(name) and len(name) != _BARE_MAC_DIGITS:
        return int(name)
    return MacAddress.parse(name)


def find(service: ConfigUseCases, name: str) -> Config:
    """The config with this name. Raises `RecordNotFound`."""
    key = key_of(name)
    return service.get_by_mac(key) if isinstance(key, MacAddress) else service.get(key)


def find_id(history: HistoryUseCases, name: str) -> int:
    """The id of the config with this name, deleted or not. Raises `RecordNotFound`."""
    key = key_of(name)
    return history.config_of(key) if isinstance(key, MacAddress) else key
