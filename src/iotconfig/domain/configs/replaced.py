"""Boards that were replaced."""

from __future__ import annotations

from iotconfig.domain.errors import RecordGone
from iotconfig.domain.mac import MacAddress


def board_replaced(mac_address: MacAddress, successor: MacAddress) -> RecordGone:
    """Return the error for a board whose config belongs to its successor."""
    return RecordGone(
        f"The board {mac_address} was replaced: its config belongs to {successor} now.",
        mac_address=str(mac_address),
        replaced_by=str(successor),
    )


def not_restored(config_id: int, mac_address: MacAddress, successor: MacAddress) -> RecordGone:
    """Return the error for a deleted config whose board was replaced after the deletion."""
    return RecordGone(
        f"Config {config_id} cannot return: its board {mac_address} was replaced by {successor}. "
        f"'iotconfig config replace-device {successor} {mac_address}' makes {mac_address} the board in use again.",
        config_id=config_id,
        mac_address=str(mac_address),
        replaced_by=str(successor),
    )
