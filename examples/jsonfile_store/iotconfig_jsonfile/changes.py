"""Changes, recorded one by one."""

from __future__ import annotations

from datetime import datetime

from attrs import evolve

from iotconfig.domain.configs.change import Change
from iotconfig.domain.configs.change_log import logged
from iotconfig.domain.configs.config import Config
from iotconfig.domain.configs.revisions import ChangeNote, Operation
from iotconfig.domain.errors import RecordExists

from .notifications import JsonFileNotificationOutbox
from .records import CounterRecord, Records


def record(records: Records, change: Change, change_id: str, note: ChangeNote, now: datetime) -> Config:
    """Store one change, and return its config."""
    change = change.made_by(change_id)
    if change.operation is Operation.CREATE:
        change = _numbered(records, change)
    config = change.config
    for mac_address, document in change.documents().items():
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
    if change.is_deletion:
        del records.configs[config.id]
    else:
        records.configs[config.id] = config
    records.histories.setdefault(config.id, []).append(change.revision(note))
    records.log.extend(logged(change, change_id, note, records.log))
    outbox = JsonFileNotificationOutbox(records)
    for announcement in change.announcements():
        outbox.enqueue(announcement, now)
    return config


def _numbered(records: Records, change: Change) -> Change:
    """Return a new config with a new id."""
    if any(config.mac_address == change.config.mac_address for config in records.configs.values()):
        raise RecordExists(change.config.mac_address)
    records.last_id += 1
    return evolve(change, config=evolve(change.config, id=records.last_id))
