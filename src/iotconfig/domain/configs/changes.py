"""The changes of a config, each with its revision, its document number and its time.

The caller has locked the counters and read the clock under the locks. Nothing is
stored here: `UnitOfWork.record` does that.

document: what the device is served after the change. Without it, that is the content of the config as it stands.
"""

from __future__ import annotations

from datetime import datetime

from iotconfig.domain.documents.content import NO_CONTENT, ConfigContent
from iotconfig.domain.documents.served import ServedDocument

from .change import UNNUMBERED, Change
from .config import Config
from .counter import RevisionCounter
from .revisions import Operation


def created(
    counter: RevisionCounter, content: ConfigContent, now: datetime, document: ServedDocument | None = None
) -> Change:
    """The creation of the first config of a device. The store assigns its id."""
    config = Config(
        UNNUMBERED, counter.mac_address, content, counter.next_revision(), created_at=now, updated_at=now
    )
    return Change(
        Operation.CREATE, config, counter.next_document_number(), document or ServedDocument(content)
    )


def edited(
    counter: RevisionCounter,
    config: Config,
    content: ConfigContent,
    operation: Operation,
    now: datetime,
    document: ServedDocument | None = None,
) -> Change:
    """The replacement of the content."""
    document = document or ServedDocument(content)
    is_served_anew = document.content.etag != config.document_etag
    return Change(
        operation,
        config.changed(content, counter.next_revision(), now),
        counter.next_document_number() if is_served_anew else counter.last_document_number,
        document,
    )


def cleared(counter: RevisionCounter, config: Config, now: datetime, document: ServedDocument) -> Change:
    """The deletion of the content of a device that layers go on serving."""
    return edited(counter, config, NO_CONTENT, Operation.CLEAR, now, document)


def deleted(
    counter: RevisionCounter, config: Config, now: datetime, *, undoes_creation: bool = False
) -> Change:
    """The deletion of a config. The counter continues, and the history is kept."""
    gone = config.changed(config.content, counter.next_revision(), now)
    return Change(
        Operation.DELETE, gone, counter.next_document_number(), None, undoes_creation=undoes_creation
    )


def restored(
    counter: RevisionCounter, config: Config, now: datetime, document: ServedDocument | None = None
) -> Change:
    """The restoration of a deleted config under its id. `config`: as it was, with the time of its deletion."""
    back = config.changed(config.content, counter.next_revision(), now)
    return Change(
        Operation.RESTORE,
        back,
        counter.next_document_number(),
        document or ServedDocument(config.content),
    )


def moved(
    old: RevisionCounter,
    new: RevisionCounter,
    config: Config,
    now: datetime,
    document: ServedDocument | None = None,
) -> Change:
    """The move of a config to another board. Revisions and document numbers of both go on from the higher one, so that none decreases."""
    revision = max(old.next_revision(), new.next_revision())
    return Change(
        Operation.REPLACE_DEVICE,
        config.moved(new.mac_address, revision, now),
        max(old.next_document_number(), new.next_document_number()),
        document or ServedDocument(config.content),
        replaces=old.mac_address,
    )
