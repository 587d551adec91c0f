"""Board swaps: a config moves to another board."""

from __future__ import annotations

from iotconfig.domain.errors import RecordExists
from iotconfig.domain.mac import MacAddress

from .config import Config
from .counter import RevisionCounter
from .existing import existing
from .locking import Moved
from .precondition import Precondition
from .store import UnitOfWork


def locked_swap(
    work: UnitOfWork, config_id: int, mac_address: MacAddress, precondition: Precondition
) -> tuple[RevisionCounter, RevisionCounter, Config]:
    """Lock both boards of a swap; return the counter of the old board, that of the new one, and the config.

    Raises `RecordNotFound`, `PreconditionFailed`, `RecordExists` where the new board has a config, and
    `Moved` where the config has moved to another board meanwhile.
    """
    seen = existing(work.configs.get(config_id), config_id)
    if seen.mac_address == mac_address:
        raise RecordExists(mac_address, "name the board that replaces it")
    locked = {mac: work.counters.lock(mac) for mac in sorted((seen.mac_address, mac_address))}
    config = existing(work.configs.get(config_id), config_id)
    if config.mac_address != seen.mac_address:
        raise Moved
    precondition.check(config)
    if work.configs.get_by_mac(mac_address) is not None:
        raise RecordExists(mac_address, "a board that has a config cannot replace another one")
    return locked[config.mac_address], locked[mac_address], config
