"""Changes, recorded in a state one by one."""

from __future__ import annotations

from datetime import datetime

from attrs import evolve

from iotconfig.domain.configs.change import Change
from iotconfig.domain.configs.change_log import logged
from iotconfig.domain.configs.config import Config
from iotconfig.domain.configs.revisions import ChangeNote, Operation
from iotconfig.domain.errors import RecordExists

from .announcing import MemoryNotificationOutbox
from .state import State


def record(state: State, change: Change, change_id: str, note: ChangeNote, now: datetime) -> Config:
    """Store one change, and return its config."""
    if change.operation is Operation.CREATE:
        change = _numbered(state, change)
    _advance(state, change)
    _store(state, change)
    config = change.config
    state.histories[config.id] = (*state.histories.get(config.id, ()), change.revision(note))
    state.log.extend(logged(change, change_id, note, state.log))
    outbox = MemoryNotificationOutbox(state)
    for announcement in change.announcements():
        outbox.enqueue(announcement, now)
    return config


def _numbered(state: State, change: Change) -> Change:
    if change.config.mac_address in state.ids:
        raise RecordExists(change.config.mac_address)
    state.last_id += 1
    return evolve(change, config=evolve(change.config, id=state.last_id))


def _advance(state: State, change: Change) -> None:
    config = change.config
    state.counters[config.mac_address] = config.revision
    state.successors.pop(config.mac_address, None)
    if change.replaces is not None:
        state.counters[change.replaces] = config.revision
        state.successors[change.replaces] = config.mac_address


def _store(state: State, change: Change) -> None:
    config = change.config
    if before := state.configs.pop(config.id, None):
        del state.ids[before.mac_address]
    if not change.is_deletion:
        state.configs[config.id] = config
        state.ids[config.mac_address] = config.id
