"""Slots of imports, exports and uploads, which all workers of a machine share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iotconfig.entrypoints.settings import Settings

if TYPE_CHECKING:
    from iotconfig.adapters.http.transfer_limits import Transfers


def shared_slots() -> int:
    """The descriptor of a new file with transfer slots, for the workers that inherit it."""
    from iotconfig.adapters.http.transfer_limits import shared_file

    return shared_file()


def transfers(settings: Settings, slots: int | None = None) -> Transfers:
    """The transfers of one worker. `slots`: descriptor of the shared file; by default a new one."""
    from iotconfig.adapters.http.transfer_limits import Transfers

    # The limit of temporary files must leave room for one import of the largest size.
    max_bytes = max(settings.content.max_temporary_bytes, settings.content.max_import_bytes)
    return Transfers(settings.content.transfers_at_once, max_bytes, slots)
