"""Cursors of pages: opaque texts for clients, positions for the use cases."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from iotconfig.domain.configs.revisions import DeletedPosition
from iotconfig.domain.mac import MacAddress

_MAC_CURSOR: Final = re.compile(r"[0-9a-f]{12}")
_DELETED_CURSOR: Final = re.compile(r"([0-9]{1,17})-([1-9][0-9]{0,17})")
_POSITION: Final = re.compile(r"[0-9]{1,18}")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def cursor_of(mac_address: MacAddress | None) -> str | None:
    """The cursor of the page after `mac_address`."""
    return None if mac_address is None else str(mac_address).replace(":", "")


def mac_address_at(cursor: str) -> MacAddress:
    """The MAC address of `cursor_of`. Raises `ValueError` for any other text."""
    if not _MAC_CURSOR.fullmatch(cursor):
        raise ValueError("no cursor of MAC addresses")
    return MacAddress.parse(cursor)


def deleted_cursor_of(position: DeletedPosition | None) -> str | None:
    """The cursor of the page after `position`: microseconds and an id."""
    if position is None:
        return None
    return f"{(position.deleted_at - _EPOCH) // _MICROSECOND}-{position.config_id}"


def deleted_position_at(cursor: str) -> DeletedPosition:
    """The position of `deleted_cursor_of`. Raises `ValueError` for any other text."""
    match = _DELETED_CURSOR.fullmatch(cursor)
    if match is None:
        raise ValueError("no cursor of deleted configs")
    return DeletedPosition(_EPOCH + int(match[1]) * _MICROSECOND, int(match[2]))


def position_at(cursor: str) -> int:
    """The position of the change log that a cursor names. Raises `ValueError` for any other text."""
    if not _POSITION.fullmatch(cursor):
        raise ValueError("no position")
    return int(cursor)
