"""Changes, recorded in a state one by one."""

from __future__ import annotations

from datetime import datetime

from attrs import evolve

from iotconfig.domain.configs.change import Change
from iotconfig.domain.configs.change_log import logged, logged_document
from iotconfig.domain.configs.config import Config
from iotconfig.domain.configs.counter import RevisionCounter
from iotconfig.domain.configs.document_history import DocumentRecord, record_of, records_of
from iotconfig.domain.configs.revisions import ChangeNote, Operation
from iotconfig.domain.configs.served_anew import ServedAnew
from iotconfig.domain.documents.document import Document
from iotconfig.domain.errors import RecordExists

from .announcing import MemoryNotificationOutbox
from .state import State


def record(state: State, change: Change, change_id: str, note: ChangeNote, now: datetime) -> Config:
    """Store one change, and return its config."""
    change = change.made_by(change_id)
    if change.operation is Operation.CREATE:
        change = _numbered(state, change)
    _advance(state, change)
    _store(state, change)
    _serve(state, change)
    config = change.stored_config()
    state.histories[config.id] = (*state.histories.get(config.id, ()), change.revision(note))
    state.log.extend(logged(change, change_id, note, state.log))
    outbox = MemoryNotificationOutbox(state)
    for announcement in change.announcements() if change.is_announced else ():
        outbox.enqueue(announcement, now)
    return config


def _numbered(state: State, change: Change) -> Change:
    if change.config.mac_address in state.ids:
        raise RecordExists(change.config.mac_address)
    state.last_id += 1
    return evolve(change, config=evolve(change.config, id=state.last_id))


def _advance(state: State, change: Change) -> None:
    config = change.config
    for mac_address in change.documents():
        state.counters[mac_address] = RevisionCounter(mac_address, config.revision, change.document_number)
    former = state.former_successors.pop(config.mac_address, None)
    if successor := state.successors.pop(config.mac_address, None):
        state.former_successors[config.mac_address] = successor
    if change.undoes_creation and former:
        state.successors[config.mac_address] = former
    if change.replaces is not None:
        state.successors[change.replaces] = config.mac_address
        state.former_successors.pop(change.replaces, None)


def _store(state: State, change: Change) -> None:
    config = change.config
    if before := state.configs.pop(config.id, None):
        del state.ids[before.mac_address]
    if not change.is_deletion:
        state.configs[config.id] = config
        state.ids[config.mac_address] = config.id


def _serve(state: State, change: Change) -> None:
    # Before the rows are added: they say whether a layer reached one of the boards.
    is_followed = any(mac_address in state.document_history for mac_address in change.documents())
    for mac_address, document in change.documents().items():
        state.served.pop(mac_address, None)
        if document is None:
            state.documents.pop(mac_address, None)
        else:
            state.documents[mac_address] = document
    for row in records_of(change, is_followed=is_followed):
        _add_to_history(state, row)
    if change.document is not None:
        _remember(state, change.stored_config())


def serve(state: State, served: ServedAnew, change_id: str, note: ChangeNote, now: datetime) -> None:
    """Store another document of a device."""
    mac_address, content = served.config.mac_address, served.document.content
    state.counters[mac_address] = evolve(
        state.counters[mac_address], last_document_number=served.document_number
    )
    state.documents[mac_address] = Document(served.document_number, bytes(content), content.etag)
    _remember(state, served.served())
    _add_to_history(state, record_of(served, now, change_id))
    state.log.append(logged_document(served, change_id, note, now, state.log))
    MemoryNotificationOutbox(state).enqueue(served.announcement(), now)


def _remember(state: State, config: Config) -> None:
    if config.served is None:
        state.served.pop(config.mac_address, None)
    else:
        state.served[config.mac_address] = config.served


def _add_to_history(state: State, row: DocumentRecord) -> None:
    rows = state.document_history.get(row.mac_address, ())
    if not rows or rows[-1].number < row.number:
        state.document_history[row.mac_address] = (*rows, row)
