"""Changes, recorded one by one."""

from __future__ import annotations

from datetime import datetime

from attrs import evolve

from iotconfig.domain.configs.change import Change
from iotconfig.domain.configs.change_log import logged, logged_document
from iotconfig.domain.configs.config import Config
from iotconfig.domain.configs.document_history import DocumentRecord, record_of, records_of
from iotconfig.domain.configs.revisions import ChangeNote, Operation
from iotconfig.domain.configs.served_anew import ServedAnew
from iotconfig.domain.documents.document import Document
from iotconfig.domain.errors import RecordExists

from .notifications import JsonFileNotificationOutbox
from .records import CounterRecord, Records


def record(records: Records, change: Change, change_id: str, note: ChangeNote, now: datetime) -> Config:
    """Store one change, and return its config."""
    change = change.made_by(change_id)
    if change.operation is Operation.CREATE:
        change = _numbered(records, change)
    config = change.stored_config()
    # Before the rows are added: they say whether a layer reached one of the boards.
    is_followed = any(mac_address in records.document_history for mac_address in change.documents())
    for mac_address, document in change.documents().items():
        records.served.pop(mac_address, None)
        before = records.counters.get(mac_address, CounterRecord())
        records.counters[mac_address] = CounterRecord(
            config.revision,
            change.document_number,
            replaced_by=before.replaced_before if change.undoes_creation else None,
            replaced_before=before.replaced_by,
        )
        if document is not None:
            records.documents[mac_address] = document
        else:
            records.documents.pop(mac_address, None)
    if change.replaces is not None:
        records.counters[change.replaces].replaced_by = config.mac_address
    for row in records_of(change, is_followed=is_followed):
        _add_to_history(records, row)
    if change.is_deletion:
        del records.configs[config.id]
    else:
        records.configs[config.id] = config
        _remember(records, config)
    records.histories.setdefault(config.id, []).append(change.revision(note))
    records.log.extend(logged(change, change_id, note, records.log))
    outbox = JsonFileNotificationOutbox(records)
    for announcement in change.announcements() if change.is_announced else ():
        outbox.enqueue(announcement, now)
    return config


def serve(records: Records, served: ServedAnew, change_id: str, note: ChangeNote, now: datetime) -> None:
    """Store another document of a device."""
    mac_address, content = served.config.mac_address, served.document.content
    records.counters[mac_address].last_document_number = served.document_number
    records.documents[mac_address] = Document(served.document_number, bytes(content), content.etag)
    _remember(records, served.served())
    _add_to_history(records, record_of(served, now, change_id))
    records.log.append(logged_document(served, change_id, note, now, records.log))
    JsonFileNotificationOutbox(records).enqueue(served.announcement(), now)


def _remember(records: Records, config: Config) -> None:
    if config.served is None:
        records.served.pop(config.mac_address, None)
    else:
        records.served[config.mac_address] = config.served


def _add_to_history(records: Records, row: DocumentRecord) -> None:
    rows = records.document_history.setdefault(row.mac_address, [])
    if not rows or rows[-1].number < row.number:
        rows.append(row)


def _numbered(records: Records, change: Change) -> Change:
    """Return a new config with a new id."""
    if any(config.mac_address == change.config.mac_address for config in records.configs.values()):
        raise RecordExists(change.config.mac_address)
    records.last_id += 1
    return evolve(change, config=evolve(change.config, id=records.last_id))
