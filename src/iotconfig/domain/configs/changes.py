"""The changes of a config, each with its revision and its time.

The caller has locked the counters and read the clock under the locks. Nothing is
stored here: `UnitOfWork.record` does that.
"""

from __future__ import annotations

from datetime import datetime

from iotconfig.domain.documents.content import ConfigContent

from .change import UNNUMBERED, Change
from .config import Config
from .counter import RevisionCounter
from .revisions import Operation


def created(counter: RevisionCounter, content: ConfigContent, now: datetime) -> Change:
    """The creation of the first config of a device. The store assigns its id."""
    config = Config(
        UNNUMBERED, counter.mac_address, content, counter.next_revision(), created_at=now, updated_at=now
    )
    return Change(Operation.CREATE, config)


def edited(
    counter: RevisionCounter, config: Config, content: ConfigContent, operation: Operation, now: datetime
) -> Change:
    """The replacement of the content."""
    return Change(operation, config.changed(content, counter.next_revision(), now))


def deleted(counter: RevisionCounter, config: Config, now: datetime) -> Change:
    """The deletion of a config. The counter continues, and the history is kept."""
    return Change(Operation.DELETE, config.changed(config.content, counter.next_revision(), now))


def restored(counter: RevisionCounter, config: Config, now: datetime) -> Change:
    """The restoration of a deleted config under its id. `config`: as it was, with the time of its deletion."""
    return Change(Operation.RESTORE, config.changed(config.content, counter.next_revision(), now))


def moved(old: RevisionCounter, new: RevisionCounter, config: Config, now: datetime) -> Change:
    """The move of a config to another board. Both counters continue from the higher one, so that neither decreases."""
    revision = max(old.next_revision(), new.next_revision())
    return Change(
        Operation.REPLACE_DEVICE,
        config.moved(new.mac_address, revision, now),
        replaces=old.mac_address,
    )
