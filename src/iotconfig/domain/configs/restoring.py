"""Restoring deleted configs."""

from __future__ import annotations

from datetime import datetime

from iotconfig.domain.documents.content import NO_CONTENT, ConfigContent
from iotconfig.domain.errors import RecordExists, RecordGone

from . import changes
from .change import Change
from .config import Config
from .counter import RevisionCounter
from .history import newest_revision
from .locking import Moved
from .ports import HistoryReader
from .replaced import not_restored
from .revisions import HistoryQuery, Operation, Revision
from .store import UnitOfWork


def locked_deletion(work: UnitOfWork, config_id: int) -> tuple[RevisionCounter, Revision]:
    """Lock the board of a deleted config, and return its counter and the newest revision of the config.

    Raises `RecordNotFound`, and `Moved` where the config was restored, moved and deleted again meanwhile.
    """
    mac_address = newest_revision(work.history, config_id).mac_address
    counter = work.counters.lock(mac_address)
    deletion = newest_revision(work.history, config_id)
    if deletion.mac_address != mac_address:
        raise Moved
    return counter, deletion


def restored(work: UnitOfWork, counter: RevisionCounter, deletion: Revision, now: datetime) -> Change:
    """The change that restores a config with the content that it had, or without, where layers alone served its device.

    Raises `Unprocessable` where no layer reaches a device without content, `RecordExists` where it was not deleted, or where its MAC address is in use again, and
    `RecordGone` where its board was replaced after the deletion, or its content was pruned.
    """
    config_id = deletion.config_id
    if deletion.operation is not Operation.DELETE:
        raise RecordExists(counter.mac_address, f"config {config_id} is not deleted")
    if work.configs.get_by_mac(counter.mac_address) is not None:
        raise RecordExists(counter.mac_address, f"delete that one to restore config {config_id}")
    successor = work.counters.replaced_by(counter.mac_address, since=deletion.revision)
    if successor is not None:
        raise not_restored(config_id, counter.mac_address, successor)
    content = _content_before(work.history, deletion)
    document = work.composer().document(work.labels.kept(config_id), content)
    return changes.restored(counter, as_deleted(work.history, deletion, content), now, document)


def last_content(history: HistoryReader, config_id: int) -> ConfigContent:
    """The newest content of a config. Raises `RecordGone` where it was pruned, or where there never was any."""
    last = history.newest_content(config_id)
    if last is None or last.content is None:
        if history.pruned_to(config_id):
            raise RecordGone(f"The content of config {config_id} was pruned.")
        raise RecordGone(f"Config {config_id} never had content: there is none to restore.")
    return last.content


def _content_before(history: HistoryReader, deletion: Revision) -> ConfigContent:
    """The content that a config had when it was deleted. Raises `RecordGone` where it was pruned."""
    query = HistoryQuery(deletion.config_id, before=deletion.revision, limit=1)
    before = history.find(query).revisions
    if before and before[0].etag is None:
        return NO_CONTENT
    return last_content(history, deletion.config_id)


def as_deleted(history: HistoryReader, deletion: Revision, content: ConfigContent) -> Config:
    """Return a deleted config with this content, the revision and time of its deletion, and the time of its creation."""
    return Config(
        id=deletion.config_id,
        mac_address=deletion.mac_address,
        content=content,
        revision=deletion.revision,
        created_at=history.created_at(deletion.config_id) or deletion.created_at,
        updated_at=deletion.created_at,
    )
