"""Revisions: each change of a config with its author, its message and the content after it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from attrs import field, frozen

from iotconfig.domain.arguments import check_kind, check_moment, check_whole_number
from iotconfig.domain.change_notes import (
    MAX_AUTHOR,
    MAX_MESSAGE,
    MAX_REVISION,
    UNSIGNED,
    ChangeNote,
    Operation,
    check_note,
    is_change_id,
    unverified,
)
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.errors import ValidationFailed
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.paging import check_limit

__all__ = [
    "MAX_AUTHOR",
    "MAX_MESSAGE",
    "MAX_REVISION",
    "UNSIGNED",
    "ChangeNote",
    "ChangedConfig",
    "DeletedConfig",
    "DeletedPage",
    "DeletedPosition",
    "DeletedQuery",
    "HistoryPage",
    "HistoryQuery",
    "Operation",
    "PruneStep",
    "Pruned",
    "Retention",
    "Revision",
    "RevisionSummary",
    "changed_of",
    "check_config_id",
    "check_note",
    "is_change_id",
    "unverified",
]


@frozen
class RevisionSummary:
    """A revision as lists show it: without its content."""

    config_id: int
    mac_address: MacAddress
    """The device that the config belonged to."""
    revision: int
    """Counted per MAC address, from 1; within one config it only increases."""
    operation: Operation
    etag: str | None
    """The content ETag; None for a deletion, and where the device had no content of its own."""
    author: str
    message: str | None
    created_at: datetime
    """The time of the change; never earlier than that of the previous revision."""
    change: str = field(default="", eq=False)
    """The id of the write, which all revisions of one write share. Not compared: ids are random."""


@frozen
class Revision:
    """One change of one config; never changed itself. A board swap is a change, too."""

    config_id: int
    mac_address: MacAddress
    revision: int
    operation: Operation
    content: ConfigContent | None
    """The config's content after the change, verbatim; None for a deletion, and where the device had none of its own."""
    note: ChangeNote
    created_at: datetime
    change: str = field(default="", eq=False)
    """The id of the write, which all revisions of one write share. Not compared: ids are random."""

    def summary(self) -> RevisionSummary:
        """Return the revision without its content."""
        return RevisionSummary(
            config_id=self.config_id,
            mac_address=self.mac_address,
            revision=self.revision,
            operation=self.operation,
            etag=self.content.etag if self.content else None,
            author=self.note.author,
            message=self.note.message,
            created_at=self.created_at,
            change=self.change,
        )


@frozen
class ChangedConfig:
    """One config that a change touched."""

    revision: RevisionSummary
    """The revision that the change made."""
    before: Revision | None
    """The config's revision before that; None if the change created the config, or if it was pruned."""
    newest: int
    """The number of the config's newest revision."""


def changed_of(history: Sequence[Revision], change: str) -> ChangedConfig | None:
    """Return what a change did to the config with this history, the oldest revision first; None if it did not touch it."""
    for number, revision in enumerate(history):
        if revision.change == change:
            before = history[number - 1] if number else None
            return ChangedConfig(revision.summary(), before, history[-1].revision)
    return None


@frozen
class DeletedConfig:
    """A config that was deleted, and may be restored."""

    id: int
    mac_address: MacAddress
    """The device that it belonged to."""
    device_name: str | None
    """From its last content."""
    revision: int
    """The deletion's."""
    author: str
    message: str | None
    deleted_at: datetime


def _check_before(_query: object, _attribute: object, before: int | None) -> None:
    if before is None:
        return
    check_whole_number(before, "before is the number of a revision, an int")
    if not 1 <= before <= MAX_REVISION:
        raise ValidationFailed("before is the number of a revision, from 1.", parameter="cursor")


def check_config_id(config_id: object) -> None:
    """Raise `TypeError` unless it can be the id of a config."""
    check_whole_number(config_id, "The id of a config is an int (get_by_mac finds it by its MAC address)")


def _check_query_id(_query: object, _attribute: object, config_id: int) -> None:
    check_config_id(config_id)


@frozen
class HistoryQuery:
    """Which revisions of one config to list, the newest first."""

    config_id: int = field(validator=_check_query_id)
    before: int | None = field(default=None, validator=_check_before)
    """Only revisions below this one: the `before` of the previous page."""
    limit: int = field(default=100, validator=check_limit)
    """Revisions on the page, 1 to 1000."""


@frozen
class HistoryPage:
    """One page of a config's history; iterating gives its revisions."""

    revisions: tuple[RevisionSummary, ...]
    """The newest first."""
    next: int | None
    """The `before` of the next page; None on the last."""

    def __iter__(self) -> Iterator[RevisionSummary]:
        return iter(self.revisions)


@frozen(order=True)
class DeletedPosition:
    """The end of a page of deleted configs."""

    deleted_at: datetime
    config_id: int


def _check_position(_query: object, _attribute: object, before: DeletedPosition | None) -> None:
    if before is not None:
        check_kind(before, DeletedPosition, "before is a DeletedPosition")


@frozen
class DeletedQuery:
    """Which page of the deleted configs to list, the latest deletion first."""

    before: DeletedPosition | None = field(default=None, validator=_check_position)
    """Only those after this one: the `before` of the previous page."""
    limit: int = field(default=100, validator=check_limit)
    """Configs on the page, 1 to 1000."""


@frozen
class DeletedPage:
    """One page of deleted configs; iterating gives them."""

    configs: tuple[DeletedConfig, ...]
    """The latest deletion first."""
    next: DeletedPosition | None
    """The `before` of the next page; None on the last."""

    def __iter__(self) -> Iterator[DeletedConfig]:
        return iter(self.configs)


def _check_keep(_policy: object, _attribute: object, keep: int) -> None:
    check_whole_number(keep, "The number of revisions to keep is an int")
    if keep < 1:
        raise ValidationFailed("At least one revision of each config must be kept.")


def _check_older_than(_policy: object, _attribute: object, older_than: datetime) -> None:
    check_moment(older_than, "older_than is a datetime")


@frozen
class Retention:
    """The revisions that pruning may remove: beyond the newest `keep`, and made before `older_than`.

    The newest revision of a config always stays, and of a deleted one also the
    content that a restore brings back.
    """

    keep: int = field(validator=_check_keep)
    older_than: datetime = field(validator=_check_older_than)


@frozen
class PruneStep:
    """The result of one step of pruning."""

    removed: int
    """Revisions that were removed."""
    next_config: int | None
    """The id of the config after which the next step begins; None at the end."""


@frozen
class Pruned:
    """What one step of pruning removed, or would have removed."""

    revisions: int = 0
    changes: int = 0
    """Changes of the change log."""
    states: int = 0
    """Changes of the states of devices."""
