"""The change log: all changes of all configs, of their tags, and of layers in one order, to be read with a cursor."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import takewhile
from typing import Final, Protocol

from attrs import frozen

from iotconfig.domain.announcing.announcement import Kind, Subject
from iotconfig.domain.change_notes import new_change_id
from iotconfig.domain.layers.revisions import LayerRevision
from iotconfig.domain.models.changes import ModelChange
from iotconfig.domain.secrets.secret import Secret

from .change import Change
from .change_filter import ChangeFilter
from .label_differences import ModelDifference, NoteDifference, TagDifference, operation_on_labels
from .label_ports import LabelChange, LabelRevision
from .revisions import ChangeNote, Operation
from .served_anew import ServedAnew

__all__ = [
    "LOG_KEPT",
    "ChangeKind",
    "ChangeLog",
    "LoggedChange",
    "above",
    "kept_labels",
    "logged",
    "logged_labels",
    "logged_layer",
    "logged_model",
    "logged_secret",
    "new_change_id",
    "prunable",
]


LOG_KEPT: Final = timedelta(days=7)
"""The age that a change has to reach before pruning removes it from the log, whatever the retention says."""


class ChangeKind(StrEnum):
    """What changed: a part of a config, a layer, or a secret."""

    CONFIG = "config"
    """The content, the board, or whether there is a config."""
    TAGS = "tags"
    """The tags, the note or the model of a device."""
    MODEL = "model"
    """A model of devices."""
    LAYER = "layer"
    """A layer; the changes of documents that follow from it are no changes of configs."""
    SECRET = "secret"  # noqa: S105 - the word, and no password
    """A secret. The log does not have its value."""
    DOCUMENT = "document"
    """What the device is served, while its own content stayed."""

    @property
    def subject_kind(self) -> Kind:
        """The kind of the subject of such a change."""
        return _SUBJECTS.get(self, Kind.CONFIG)

    @property
    def is_of_device(self) -> bool:
        """Whether the subject of such a change is a device, by its MAC address."""
        return self.subject_kind is Kind.CONFIG


_SUBJECTS: Final = {
    ChangeKind.LAYER: Kind.LAYER,
    ChangeKind.MODEL: Kind.MODEL,
    ChangeKind.SECRET: Kind.SECRET,
}


@frozen
class LoggedChange:
    """One change in the log."""

    position: int
    """Its position in the order: 1 for the first change, one more for each later one. Never reused."""
    change: str
    """The id of the write: changes that were stored together share it."""
    subject: Subject
    """The config that changed, by its MAC address, or the layer or the secret, by its name."""
    operation: Operation
    revision: int
    """The revision of the config, the layer or the secret after the change; a change of tags, or of the document only, leaves it as it was."""
    author: str
    message: str | None
    created_at: datetime
    """The time of the change. It can decrease if the clock is set back; positions cannot."""
    kind: ChangeKind = ChangeKind.CONFIG
    tags: TagDifference | None = None
    """What changed of the tags; None where they stayed."""
    note: NoteDifference | None = None
    """What changed of the note; None where it stayed."""
    model: ModelDifference | None = None
    """What changed of the device's model; None where it stayed."""


class ChangeLog(Protocol):
    """Reads the change log of a store, and prunes it.

    Pruning removes the oldest part only, and never the newest change: later positions go on above it.
    A `limit` of 0 or less means no change.
    """

    def changes_since(self, position: int, limit: int) -> Sequence[LoggedChange]:
        """Return up to `limit` changes above `position`, in their order.

        The result includes every change that was committed before the call, up to `limit`, and the
        call waits for no writer. No change appears later at or below a returned position, so a
        reader that continues from the last one gets each change once, unless changes that it had
        not read yet were pruned (see `oldest_position`).
        """
        ...

    def oldest_position(self) -> int:
        """Return the position of the oldest change that is left; 0 if there is none.

        A reader whose last position is `p` calls it after `changes_since(p, ...)`. If the result is
        above `p + 1`, changes were pruned before the reader got them, and it has to read the configs
        again. Otherwise the page is complete.
        """
        ...

    def newest_position(self) -> int:
        """Return the position of the newest change that was committed before the call; 0 if there is none.

        It is lower than before where an older backup of the database was put back.
        """
        ...

    def matching_changes(
        self, wanted: ChangeFilter, positions: range, limit: int, *, newest_first: bool
    ) -> Sequence[LoggedChange]:
        """Return up to `limit` changes that `wanted` takes, sorted by position.

        positions: where to look, in steps of 1. Its length bounds the work.
        newest_first: whether to begin at the last of these positions.
        """
        ...

    def prunable_changes(self, older_than: datetime, after: int, limit: int) -> int:
        """Return how many changes right above the position `after` could be pruned, up to `limit`; none is removed.

        Those are the changes below the first one that was made at `older_than` or later, without the
        newest. As every call that reads the log, it may give positions to changes that have none yet.
        """
        ...

    def prune_changes(self, older_than: datetime, limit: int) -> int:
        """Remove up to `limit` of the oldest changes, and return their number.

        What tags and notes were before is removed with changes of that age.

        It removes those that `prunable_changes` counts, in one short transaction.
        """
        ...


def logged(
    change: Change, change_id: str, note: ChangeNote, log: Sequence[LoggedChange]
) -> list[LoggedChange]:
    """Return the rows of a change to append to `log`: two for a board swap, one for each board."""
    config = change.config
    last_position = log[-1].position if log else 0
    return [
        LoggedChange(
            position=position,
            change=change_id,
            subject=announcement.subject,
            operation=change.operation,
            revision=config.revision,
            author=note.author,
            message=note.message,
            created_at=config.updated_at,
        )
        for position, announcement in enumerate(change.announcements(), last_position + 1)
    ]


def logged_labels(
    change: LabelChange,
    change_id: str,
    note: ChangeNote,
    now: datetime,
    log: Sequence[LoggedChange],
) -> LoggedChange:
    """Return the row of a change of labels to append to `log`."""
    config = change.config
    tags = TagDifference.between(config.labels, change.labels)
    noted = NoteDifference.between(config.labels, change.labels)
    return LoggedChange(
        position=log[-1].position + 1 if log else 1,
        change=change_id,
        subject=Subject(Kind.CONFIG, str(config.mac_address)),
        operation=operation_on_labels(tags, noted),
        revision=config.revision,
        author=note.author,
        message=note.message,
        created_at=now,
        kind=ChangeKind.TAGS,
        tags=tags,
        note=noted,
        model=ModelDifference.between(config.labels, change.labels),
    )


def logged_layer(revision: LayerRevision, log: Sequence[LoggedChange]) -> LoggedChange:
    """Return the row of a change of a layer to append to `log`."""
    return LoggedChange(
        position=log[-1].position + 1 if log else 1,
        change=revision.change,
        subject=Subject(Kind.LAYER, revision.name),
        operation=revision.operation,
        revision=revision.revision,
        author=revision.note.author,
        message=revision.note.message,
        created_at=revision.created_at,
        kind=ChangeKind.LAYER,
    )


def logged_model(
    change: ModelChange, change_id: str, note: ChangeNote, log: Sequence[LoggedChange]
) -> LoggedChange:
    """Return the row of a change of a model to append to `log`."""
    model = change.model
    return LoggedChange(
        position=log[-1].position + 1 if log else 1,
        change=change_id,
        subject=Subject(Kind.MODEL, model.name),
        operation=change.operation,
        revision=model.revision,
        author=note.author,
        message=note.message,
        created_at=model.updated_at,
        kind=ChangeKind.MODEL,
    )


def logged_secret(
    secret: Secret,
    operation: Operation,
    change_id: str,
    note: ChangeNote,
    now: datetime,
    log: Sequence[LoggedChange],
) -> LoggedChange:
    """Return the row of a change of a secret to append to `log`."""
    return LoggedChange(
        position=log[-1].position + 1 if log else 1,
        change=change_id,
        subject=Subject(Kind.SECRET, secret.name),
        operation=operation,
        revision=secret.revision,
        author=note.author,
        message=note.message,
        created_at=now,
        kind=ChangeKind.SECRET,
    )


def logged_document(
    served: ServedAnew, change_id: str, note: ChangeNote, now: datetime, log: Sequence[LoggedChange]
) -> LoggedChange:
    """Return the row of a device that is served anew to append to `log`."""
    config = served.config
    return LoggedChange(
        position=log[-1].position + 1 if log else 1,
        change=change_id,
        subject=Subject(Kind.CONFIG, str(config.mac_address)),
        operation=Operation.SERVE,
        revision=config.revision,
        author=note.author,
        message=note.message,
        created_at=now,
        kind=ChangeKind.DOCUMENT,
    )


def kept_labels(history: Sequence[LabelRevision], log: Sequence[LoggedChange]) -> list[LabelRevision]:
    """The changes of labels that are kept beside a log: none is older than its oldest change."""
    return [each for each in history if log and each.created_at >= log[0].created_at]


def above(log: Sequence[LoggedChange], position: int, limit: int) -> Sequence[LoggedChange]:
    """Up to `limit` changes above `position`, of a log that is a list."""
    start = max(0, position + 1 - log[0].position) if log else 0
    return log[start : start + max(0, limit)]


def prunable(log: Sequence[LoggedChange], older_than: datetime, after: int, limit: int) -> int:
    """`ChangeLog.prunable_changes`, of a log that is a list."""
    page = above(log[:-1], after, limit)
    return sum(1 for _ in takewhile(lambda change: change.created_at < older_than, page))
