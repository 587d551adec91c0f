"""Bulk writes: entries and outcomes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import ClassVar, Final, NamedTuple, Self

from attrs import field, frozen

from iotconfig.domain.arguments import check_flag, check_kind, check_whole_number
from iotconfig.domain.documents.accepted import content_of
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.errors import IotConfigError, ValidationFailed
from iotconfig.domain.mac import MacAddress, mac_address_of

from .config import Config
from .label_differences import DocumentDifference, ModelDifference, NoteDifference, TagDifference
from .revisions import Operation, check_config_id


class OnConflict(StrEnum):
    """The choice for an entry whose device has a config with other content."""

    FAIL = "fail"
    """Refuse the entry."""
    SKIP = "skip"
    """Leave the config as it is."""
    REPLACE = "replace"
    """Replace its content."""


class Outcome(StrEnum):
    """The outcome of one entry."""

    NEW = "new"
    """Its device gets its first config."""
    CHANGED = "changed"
    """Its device gets other content, or its first one where layers alone serve it."""
    SAME = "same"
    """Its device has this content already: no revision, no announcement."""
    SKIPPED = "skipped"
    """Its device has other content, which stays (`OnConflict.SKIP`)."""
    CONFLICT = "conflict"
    """Its device has other content (`OnConflict.FAIL`)."""
    STALE = "stale"
    """Its config is not at the entry's `if_revision`."""
    REPLACED = "replaced"
    """Its board was replaced by another one, and has had no config since (`EntryRules.allow_replaced`). Of a
    restoration: it was replaced after the deletion."""
    DELETED = "deleted"
    """Its config is deleted (`BulkDeletion`)."""
    RESTORED = "restored"
    """Its deleted config returns under its id (`BulkRestoration`)."""
    IN_USE = "in-use"
    """Its deleted config cannot return: the device has another one."""


OUTCOME_OF_CONFLICT: Final = {
    OnConflict.FAIL: Outcome.CONFLICT,
    OnConflict.SKIP: Outcome.SKIPPED,
    OnConflict.REPLACE: Outcome.CHANGED,
}
"""The outcome of an entry whose device has a config with other content."""

PREVENTING: Final = frozenset({Outcome.CONFLICT, Outcome.STALE, Outcome.REPLACED, Outcome.IN_USE})
"""The outcomes of entries that cannot be stored: one of them prevents a write of all or nothing."""

TAKING_REVISION: Final = frozenset({Outcome.NEW, Outcome.CHANGED, Outcome.DELETED, Outcome.RESTORED})
"""The outcomes of entries that are stored as a revision."""

_REPLACING: Final = frozenset({Operation.UPDATE, Operation.ROLLBACK})

NOT_COMPOSED: Final = "The documents of a bulk write are decided inside its lock, before it is stored."
NOT_LOCKED: Final = "A bulk write is stored once, inside its lock."
"""The messages of the `RuntimeError` of `BulkWrite.store`."""


def check_place(_entry: object, _attribute: object, place: str) -> None:
    """Raise `TypeError` unless a place is text."""
    check_kind(place, str, "The place that an entry comes from is a str")


def _check_if_revision(_entry: object, _attribute: object, revision: int | None) -> None:
    if revision is not None:
        _check_revision(_entry, _attribute, revision)


def _check_revision(_entry: object, _attribute: object, revision: int) -> None:
    check_whole_number(revision, "The revision of an entry is an int")


def _check_operation(_entry: object, _attribute: object, operation: Operation) -> None:
    check_kind(operation, Operation, "The operation of an entry is an Operation")
    if operation not in _REPLACING:
        raise ValidationFailed("An entry replaces content by an update or a rollback.")


def _check_config_id(_entry: object, _attribute: object, config_id: int) -> None:
    check_config_id(config_id)


@frozen
class BulkEntry:
    """One config to store."""

    place: str = field(validator=check_place)
    """Its source, for messages: a file's name, a line, a device."""
    mac_address: MacAddress = field(converter=mac_address_of)
    """Given as `MacAddress`, or as text in any spelling."""
    content: ConfigContent = field(converter=content_of)
    """Given as `ConfigContent`, JSON text or a dict."""
    if_revision: int | None = field(default=None, validator=_check_if_revision)
    """The revision that the device's config must have; None for any, or for no config."""
    operation: Operation = field(default=Operation.UPDATE, validator=_check_operation)
    """The operation that the history shows where content is replaced: update or rollback."""


@frozen
class BulkDeletion:
    """One config to delete."""

    operation: ClassVar[Operation] = Operation.DELETE

    place: str = field(validator=check_place)
    """Its source, for messages."""
    mac_address: MacAddress = field(converter=mac_address_of)
    """Given as `MacAddress`, or as text in any spelling."""
    if_revision: int = field(validator=_check_revision)
    """The revision that the device's config must have."""
    undoes_creation: bool = field(default=False, validator=check_flag)
    """Whether it undoes a creation or a restoration: then the board has the successor again that it had before."""


@frozen
class BulkRestoration:
    """One deleted config to restore under its id."""

    operation: ClassVar[Operation] = Operation.RESTORE

    place: str = field(validator=check_place)
    """Its source, for messages."""
    mac_address: MacAddress = field(converter=mac_address_of)
    """The device that it belonged to, as `MacAddress` or as text in any spelling."""
    content: ConfigContent = field(converter=content_of)
    """The content that it gets; given as `ConfigContent`, JSON text or a dict."""
    config_id: int = field(validator=_check_config_id)
    if_revision: int = field(validator=_check_revision)
    """The revision of its deletion, which must be its newest."""


AnyEntry = BulkEntry | BulkDeletion | BulkRestoration
"""One entry of a bulk write."""


class ExportedConfig(NamedTuple):
    """One config of an export."""

    mac_address: MacAddress
    text: str
    """The content, verbatim."""


@frozen
class BulkRefusal:
    """One entry that cannot be stored, and the error."""

    place: str
    error: IotConfigError


OnRefusal = Callable[[BulkRefusal], None]


@frozen
class Duplicate:
    """An entry that shares its MAC address with another entry."""

    place: str
    mac_address: MacAddress
    other_place: str
    """The source of another entry with this MAC address."""


def duplicates_among(entries: Sequence[AnyEntry]) -> Iterator[Duplicate]:
    """Return each entry that shares its MAC address with another, in their order."""
    places: dict[MacAddress, list[str]] = {}
    for entry in entries:
        places.setdefault(entry.mac_address, []).append(entry.place)
    for entry in entries:
        shared = places[entry.mac_address]
        if len(shared) > 1:
            other = shared[1] if entry.place == shared[0] else shared[0]
            yield Duplicate(entry.place, entry.mac_address, other)


@frozen
class BulkResult:
    """The outcome of one entry, of a write or of a dry run."""

    place: str
    mac_address: MacAddress
    outcome: Outcome
    config_id: int | None
    """None where there is no config, and none was deleted."""
    revision: int | None
    """The config's revision afterwards, that of a deletion included; None where there is no config."""
    replaced_by: MacAddress | None = None
    """The board that replaced this one (`Outcome.REPLACED`); otherwise None."""
    tags: TagDifference | None = None
    """What changes of the tags; None where they stay."""
    note: NoteDifference | None = None
    """What changes of the note; None where it stays."""
    model: ModelDifference | None = None
    """What changes of the model; None where it stays."""
    document: DocumentDifference | None = None
    """Of a change of labels: what changes of the device's document; None where the device is served the same."""


OnResult = Callable[[BulkResult], None]


@frozen
class Tally:
    """The number of entries by outcome."""

    new: int = 0
    changed: int = 0
    deleted: int = 0
    restored: int = 0
    same: int = 0
    skipped: int = 0
    refused: int = 0
    stored: bool = False
    """False where nothing was stored: a dry run, something refused, or nothing new."""
    change: str | None = field(default=None, eq=False)
    """The id of the change; None where nothing was stored. Not compared: ids are random."""

    @classmethod
    def of(cls, outcomes: Mapping[Outcome, int], refused: int, change: str | None = None) -> Self:
        """Return the tally of a write that counted its `outcomes`, and stored its entries as `change`, or did not."""
        is_stored = change is not None and any(outcomes.get(outcome) for outcome in TAKING_REVISION)
        return cls(
            new=outcomes.get(Outcome.NEW, 0),
            changed=outcomes.get(Outcome.CHANGED, 0),
            deleted=outcomes.get(Outcome.DELETED, 0),
            restored=outcomes.get(Outcome.RESTORED, 0),
            same=outcomes.get(Outcome.SAME, 0),
            skipped=outcomes.get(Outcome.SKIPPED, 0),
            refused=refused,
            stored=is_stored,
            change=change if is_stored else None,
        )


@frozen
class PatchSample:
    """One change that a dry run shows."""

    config: Config
    content: ConfigContent
    """The content after the patch."""


@frozen
class PatchOutcome:
    """The result of a patch to many configs, or of its dry run."""

    tally: Tally
    samples: tuple[PatchSample, ...] = ()
    """The first few changes; only in a dry run."""
