"""What every change does: number it, store it, write it into the history, and have it told.

The device is locked by the caller, who read the clock under that lock.
"""

from __future__ import annotations

from datetime import datetime
from operator import attrgetter

from iotconfig.domain.documents.content import ConfigContent

from .announcements import announce_config, announce_deletion
from .config import Config
from .counter import RevisionCounter
from .revisions import UNSIGNED, ChangeNote, Operation, Revision
from .store import UnitOfWork


def add(
    work: UnitOfWork, device: RevisionCounter, content: ConfigContent, note: ChangeNote, now: datetime
) -> Config:
    """A device's first config."""
    revision = device.next_revision()
    work.counters.advance(device, revision)
    config = work.configs.add(device.mac_address, content, revision, now)
    _record(work, config, Operation.CREATE, note)
    work.notifications.enqueue(announce_config(config), now)
    return config


def change(
    work: UnitOfWork,
    device: RevisionCounter,
    config: Config,
    content: ConfigContent,
    operation: Operation,
    note: ChangeNote,
    now: datetime,
) -> Config:
    """Other content; the same content is announced, too: operators press Save to make a device re-read."""
    if content.text != config.content.text:
        config = config.changed(content, device.next_revision(), now)
        work.counters.advance(device, config.revision)
        work.configs.replace(config)
        _record(work, config, operation, note)
    work.notifications.enqueue(announce_config(config), now)
    return config


def remove(
    work: UnitOfWork, device: RevisionCounter, config: Config, note: ChangeNote, now: datetime
) -> None:
    """No config any more. The device's counter goes on, and the history stays."""
    newest = work.history.newest(config.id)
    if newest is None or newest.revision != config.revision:
        # An older version, which knew no history, wrote it: without its content there is nothing to restore.
        _record(work, config, Operation.UPDATE, UNSIGNED)
    revision = device.next_revision()
    at = max(now, config.updated_at)
    work.counters.advance(device, revision)
    work.configs.remove(config)
    work.history.append(Revision(config.id, config.mac_address, revision, Operation.DELETE, None, note, at))
    work.notifications.enqueue(announce_deletion(device, revision, now), now)


def bring_back(
    work: UnitOfWork, device: RevisionCounter, config: Config, note: ChangeNote, now: datetime
) -> None:
    """A config that was removed, under its old id; its revision is the device's next."""
    work.counters.advance(device, config.revision)
    work.configs.bring_back(config)
    _record(work, config, Operation.RESTORE, note)
    work.notifications.enqueue(announce_config(config), now)


def move(
    work: UnitOfWork,
    old: RevisionCounter,
    new: RevisionCounter,
    config: Config,
    note: ChangeNote,
    now: datetime,
) -> Config:
    """The config on another board. Both counters go on from the higher one, so that neither goes back."""
    revision = max(old.next_revision(), new.next_revision())
    moved = config.moved(new.mac_address, revision, now)
    work.counters.advance(old, revision, replaced_by=new.mac_address)
    work.counters.advance(new, revision)
    work.configs.replace(moved)
    _record(work, moved, Operation.REPLACE_DEVICE, note)
    # In the order in which the relay locks them, too.
    for announcement in sorted(
        (announce_deletion(old, revision, now), announce_config(moved)), key=attrgetter("subject")
    ):
        work.notifications.enqueue(announcement, now)
    return moved


def _record(work: UnitOfWork, config: Config, operation: Operation, note: ChangeNote) -> None:
    work.history.append(
        Revision(
            config.id,
            config.mac_address,
            config.revision,
            operation,
            config.content,
            note,
            config.updated_at,
        )
    )
