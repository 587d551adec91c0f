"""Configs that must exist, and the errors for those that do not."""

from __future__ import annotations

from typing import Final

from iotconfig.domain.errors import RecordGone, RecordNotFound
from iotconfig.domain.mac import MacAddress

from .config import MAX_ID, Config
from .replaced import board_replaced
from .revisions import check_config_id
from .store import View

SERVED_BY_LAYERS: Final = "served_by_layers"
"""The detail of the error of `with_content` that has the MAC address of the device."""


def check_id(config_id: int) -> None:
    """Raise `TypeError` unless it is an int, and `RecordNotFound` for numbers that cannot be ids: some databases fail on them."""
    check_config_id(config_id)
    if not 1 <= config_id <= MAX_ID:
        raise RecordNotFound(config_id)


def existing(config: Config | None, key: int | MacAddress) -> Config:
    """Return the config that was read by this id or MAC address. Raises `RecordNotFound` for None."""
    if config is None:
        raise RecordNotFound(key)
    return config


def with_content(config: Config, key: int | MacAddress) -> Config:
    """Return the config that was read by this id or MAC address. Raises `RecordNotFound` where layers alone serve its device."""
    if config.has_content:
        return config
    mac_address = str(config.mac_address)
    raise RecordNotFound(
        key,
        f"layers alone serve {mac_address}, which has no content of its own; PUT /api/configs/by-mac/{mac_address} "
        f"('iotconfig config set --create {mac_address}') gives it some",
        served_by_layers=mac_address,
        revision=config.revision,
    )


def absent(view: View, mac_address: MacAddress) -> RecordNotFound | RecordGone:
    """Return the error for a device without a config: `RecordGone` for a board that was replaced."""
    successor = view.counters.replaced_by(mac_address)
    if successor is None:
        return RecordNotFound(mac_address)
    return board_replaced(mac_address, successor)
