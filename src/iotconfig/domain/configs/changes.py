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
    """A device's first config. The store gives it an id."""
    config = Config(
        UNNUMBERED, counter.mac_address, content, counter.next_revision(), created_at=now, updated_at=now
    )
    return Change(Operation.CREATE, config)


def edited(
    counter: RevisionCounter, config: Config, content: ConfigContent, operation: Operation, now: datetime
) -> Change:
    """The config with other content."""
    return Change(operation, config.changed(content, counter.next_revision(), now))


def deleted(counter: RevisionCounter, config: Config, now: datetime) -> Change:
    """The end of a config. Its counter goes on, and its history stays."""
    return Change(Operation.DELETE, config.changed(config.content, counter.next_revision(), now))


def restored(counter: RevisionCounter, config: Config, now: datetime) -> Change:
    """A config that was deleted, under its old id. `config` is as it was, at its deletion's time."""
    return Change(Operation.RESTORE, config.changed(config.content, counter.next_revision(), now))


def moved(old: RevisionCounter, new: RevisionCounter, config: Config, now: datetime) -> Change:
    """The config on another board. Both counters go on from the higher one, so that neither goes back."""
    revision = max(old.next_revision(), new.next_revision())
    return Change(
        Operation.REPLACE_DEVICE,
        config.moved(new.mac_address, revision, now),
        replaces=old.mac_address,
    )
