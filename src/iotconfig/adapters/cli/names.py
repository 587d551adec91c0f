"""Configs as a user names them: by an id, a MAC address, or the name of the device.

The names of devices are resolved here and not by the use cases: a change then goes to the id, on the
condition that the config still has the revision in which it was found.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import click

from iotconfig.domain.configs.existing import SERVED_BY_LAYERS
from iotconfig.domain.configs.precondition import Precondition
from iotconfig.domain.configs.query import MAX_SEARCH, ConfigQuery, fold
from iotconfig.domain.errors import InvalidMacAddress, RecordNotFound
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.text import is_storable

from .deletions import deletion, deletion_of
from .keys import key_of
from .options import precondition_of
from .pages import deleted_configs, summaries
from .tables import printable
from .terminal import say

if TYPE_CHECKING:
    from iotconfig.domain.configs.config import Config, ConfigSummary
    from iotconfig.domain.configs.revisions import DeletedConfig

    from .runtime import Services

_LIKE_MAC: Final = re.compile(r"[0-9a-f]+([:.-][0-9a-f]+)+|[0-9a-f]{11,13}", re.IGNORECASE)
"""A mistyped MAC address rather than the name of a device."""
_LISTED: Final = 5


def find(services: Services, name: str) -> Config:
    """The config with this name.

    Raises `RecordNotFound`, `InvalidMacAddress`, `RecordGone`, and `ClickException` where several devices have
    the name.
    """
    return find_for_change(services, name)[0]


def find_for_change(
    services: Services, name: str, if_revision: int | None = None
) -> tuple[Config, Precondition]:
    """The config with this name, and the condition of its change. Raises as `find` does.

    if_revision: of `--if-revision`. Without it, a config that was found by the name of its device must still
        have the revision in which it was found.
    """
    key = key_of(name)
    if key is None:
        named = _one_of(name, _with_name(services, name))
        if named is None:
            deleted = _deleted_with_name(services, name)
            raise deletion(deleted[0]) if deleted else _unknown(services, name)
        key, if_revision = named.id, if_revision or named.revision
    try:
        found = services.configs.get_by_mac(key) if isinstance(key, MacAddress) else services.configs.get(key)
    except RecordNotFound as error:
        if SERVED_BY_LAYERS in error.details:
            raise
        raise deletion_of(services.history, key) or RecordNotFound(key, _way_out(services, key)) from None
    return found, precondition_of(if_revision)


def find_device(services: Services, name: str) -> MacAddress:
    """The MAC address of the device with this name, which layers alone may serve. Raises as `find` does."""
    return find_served(services, name)[0]


def find_served(services: Services, name: str) -> tuple[MacAddress, Config | None]:
    """The device with this name, and its config; None where layers alone serve the device. Raises as `find` does."""
    try:
        config = find(services, name)
    except RecordNotFound as error:
        mac_address = error.details.get(SERVED_BY_LAYERS)
        if isinstance(mac_address, str):
            return MacAddress(mac_address), None
        raise
    return config.mac_address, config


def find_board(
    services: Services, name: str, if_revision: int | None = None
) -> tuple[int, MacAddress, Precondition]:
    """The id of the config with this name, its device, and the condition of its change; layers alone may serve the device.

    Raises as `find_for_change` does.
    """
    try:
        config, precondition = find_for_change(services, name, if_revision)
    except RecordNotFound as error:
        mac_address = error.details.get(SERVED_BY_LAYERS)
        if not isinstance(mac_address, str):
            raise
        device = MacAddress(mac_address)
        return services.configs.id_of(device), device, precondition_of(if_revision)
    return config.id, config.mac_address, precondition


def _way_out(services: Services, key: MacAddress | int) -> str:
    """Where to look for a config that was not found: a board without one may have asked for it."""
    boards = services.new_boards if isinstance(key, MacAddress) else None
    if boards is not None and any(board.mac_address == key for board in boards.all()):
        return f"a new board, which has asked for its document ('iotconfig new-devices'): 'iotconfig adopt {key}' gives it one"
    if boards is not None:
        return (
            "'iotconfig config list' lists all, and 'iotconfig new-devices' the boards that ask and have none"
        )
    return "'iotconfig config list' lists all"


def find_id(services: Services, name: str) -> int:
    """The id of the config with this name, deleted or not. Raises as `find` does.

    Of configs with the name of a device, those that are not deleted come first.
    """
    key = key_of(name)
    if key is None:
        named = _one_of(name, _with_name(services, name)) or _one_of(name, _deleted_with_name(services, name))
        return _id_of(services, name, named)
    return services.history.config_of(key) if isinstance(key, MacAddress) else key


def find_deleted_id(services: Services, name: str) -> int:
    """As `find_id`, but of configs with the name of a device, deleted ones come first."""
    if key_of(name) is not None:
        return find_id(services, name)
    named = _one_of(name, _deleted_with_name(services, name)) or _one_of(name, _with_name(services, name))
    return _id_of(services, name, named)


def _with_name(services: Services, name: str) -> list[ConfigSummary]:
    if not _is_searchable(name):
        return []
    found = summaries(services.configs, ConfigQuery(text=name))
    return [config for config in found if _is_named(config.device_name, name)]


def _deleted_with_name(services: Services, name: str) -> list[DeletedConfig]:
    return [config for config in deleted_configs(services.history) if _is_named(config.device_name, name)]


def _is_searchable(name: str) -> bool:
    return bool(name) and len(name) <= MAX_SEARCH and is_storable(name)


def _is_named(device_name: str | None, name: str) -> bool:
    return device_name is not None and fold(device_name) == fold(name)


def _one_of(
    name: str, found: Sequence[ConfigSummary] | Sequence[DeletedConfig]
) -> ConfigSummary | DeletedConfig | None:
    """The only config that was found, which is shown; None if there is none. Raises `ClickException` for several."""
    if not found:
        return None
    if len(found) > 1:
        more = f" and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
        listed = ", ".join(f"{config.id} ({config.mac_address})" for config in found[:_LISTED])
        raise click.ClickException(
            f'{len(found)} configs have the name "{name}": {listed}{more}. Use an id or a MAC address.'
        )
    # On standard error, so that the output of the command stays what it is without a name.
    say(f'"{printable(name)}" is config {found[0].id} of {found[0].mac_address}.', err=True)
    return found[0]


def _id_of(services: Services, name: str, named: ConfigSummary | DeletedConfig | None) -> int:
    if named is None:
        raise _unknown(services, name)
    return named.id


def _unknown(services: Services, name: str) -> RecordNotFound | InvalidMacAddress:
    """The error for a name that no config has; it says how to find the config."""
    if not name or _LIKE_MAC.fullmatch(name):
        return InvalidMacAddress(name)
    search = ConfigQuery(text=name, limit=1) if _is_searchable(name) else None
    count = services.configs.find(search).count if search else 0
    if count:
        way_out = f"iotconfig config list --search {shlex.quote(name)} lists {count} with this text"
    else:
        way_out = "'iotconfig config list' lists all"
    return RecordNotFound(name, f"it is no id, no MAC address and not the whole name of a device ({way_out})")
