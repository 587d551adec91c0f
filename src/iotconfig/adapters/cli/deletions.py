"""Deleted configs, in the errors of commands that look for one that is not deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iotconfig.domain.errors import RecordNotFound
from iotconfig.domain.mac import MacAddress

from .tables import moment

if TYPE_CHECKING:
    from datetime import datetime

    from iotconfig.domain.configs.history_use_cases import HistoryUseCases
    from iotconfig.domain.configs.revisions import DeletedConfig


def deletion_of(history: HistoryUseCases, key: int | MacAddress) -> RecordNotFound | None:
    """The error for the config with this id or MAC address if it was deleted; None if it never existed."""
    from iotconfig.domain.configs.revisions import HistoryQuery, Operation

    try:
        config_id = history.config_of(key) if isinstance(key, MacAddress) else key
        newest = history.revisions(HistoryQuery(config_id, limit=1)).revisions[0]
    except RecordNotFound:
        return None
    if newest.operation is not Operation.DELETE:
        return None
    return _error(key, config_id, newest.created_at, newest.author, newest.message)


def deletion(config: DeletedConfig) -> RecordNotFound:
    """The error for a deleted config that was found by the name of its device."""
    return _error(config.id, config.id, config.deleted_at, config.author, config.message)


def _error(
    key: int | MacAddress, config_id: int, time: datetime, author: str, message: str | None
) -> RecordNotFound:
    reason = f' ("{message}")' if message else ""
    return RecordNotFound(
        key,
        f"it was deleted at {moment(time)} by {author}{reason}; 'iotconfig config restore {config_id}' restores it",
    )
