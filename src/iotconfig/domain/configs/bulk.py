"""Bulk writes: entries, options and outcomes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Final, NamedTuple, Self

from attrs import field, frozen

from iotconfig.domain.arguments import check_flag, check_kind, check_whole_number
from iotconfig.domain.documents.accepted import content_of
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.errors import IotConfigError, ValidationFailed
from iotconfig.domain.mac import MacAddress, mac_address_of

from .config import Config


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
    """Its device's config gets other content."""
    SAME = "same"
    """Its device has this content already: no revision, no announcement."""
    SKIPPED = "skipped"
    """Its device has other content, which stays (`OnConflict.SKIP`)."""
    CONFLICT = "conflict"
    """Its device has other content (`OnConflict.FAIL`)."""
    STALE = "stale"
    """Its config is not at the entry's `if_revision`."""


OUTCOME_OF_CONFLICT: Final = {
    OnConflict.FAIL: Outcome.CONFLICT,
    OnConflict.SKIP: Outcome.SKIPPED,
    OnConflict.REPLACE: Outcome.CHANGED,
}
"""The outcome of an entry whose device has a config with other content."""

PREVENTING: Final = frozenset({Outcome.CONFLICT, Outcome.STALE})
"""The outcomes of entries that cannot be stored: one of them prevents a write of all or nothing."""

NOT_LOCKED: Final = "A bulk write is stored once, inside its lock."
"""The message of the `RuntimeError` of `BulkWrite.store`."""


def _check_place(_entry: object, _attribute: object, place: str) -> None:
    check_kind(place, str, "The place that an entry comes from is a str")


def _check_if_revision(_entry: object, _attribute: object, revision: int | None) -> None:
    if revision is not None:
        check_whole_number(revision, "The revision that an entry may replace is an int")


@frozen
class BulkEntry:
    """One config to store."""

    place: str = field(validator=_check_place)
    """Its source, for messages: a file's name, a line, a device."""
    mac_address: MacAddress = field(converter=mac_address_of)
    """Given as `MacAddress`, or as text in any spelling."""
    content: ConfigContent = field(converter=content_of)
    """Given as `ConfigContent`, JSON text or a dict."""
    if_revision: int | None = field(default=None, validator=_check_if_revision)
    """The revision that the device's config must have; None for any, or for no config."""


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


def duplicates_among(entries: Sequence[BulkEntry]) -> Iterator[Duplicate]:
    """Return each entry that shares its MAC address with another, in their order."""
    places: dict[MacAddress, list[str]] = {}
    for entry in entries:
        places.setdefault(entry.mac_address, []).append(entry.place)
    for entry in entries:
        shared = places[entry.mac_address]
        if len(shared) > 1:
            other = shared[1] if entry.place == shared[0] else shared[0]
            yield Duplicate(entry.place, entry.mac_address, other)


def is_stale(entry: BulkEntry, config: Config | None) -> bool:
    """Whether an entry is for another revision of its device's config. `config`: that config, or None."""
    return entry.if_revision is not None and (config is None or config.revision != entry.if_revision)


def outcome_of(entry: BulkEntry, config: Config | None, on_conflict: OnConflict) -> Outcome:
    """Return the outcome of an entry. `config`: the one that its device has, or None."""
    if is_stale(entry, config):
        return Outcome.STALE
    if config is None:
        return Outcome.NEW
    if config.content.text == entry.content.text:
        return Outcome.SAME
    return OUTCOME_OF_CONFLICT[on_conflict]


@frozen
class BulkResult:
    """The outcome of one entry, of a write or of a dry run."""

    place: str
    mac_address: MacAddress
    outcome: Outcome
    config_id: int | None
    """None where there is no config."""
    revision: int | None
    """The config's revision afterwards; None where there is no config."""


OnResult = Callable[[BulkResult], None]


@frozen
class Tally:
    """The number of entries by outcome."""

    new: int = 0
    changed: int = 0
    same: int = 0
    skipped: int = 0
    refused: int = 0
    stored: bool = False
    """False where nothing was stored: a dry run, something refused, or nothing new."""

    @classmethod
    def of(cls, outcomes: Mapping[Outcome, int], refused: int, *, is_stored: bool) -> Self:
        """Return the tally of a write that counted its `outcomes`, and whose entries were stored or not."""
        new, changed = outcomes.get(Outcome.NEW, 0), outcomes.get(Outcome.CHANGED, 0)
        return cls(
            new=new,
            changed=changed,
            same=outcomes.get(Outcome.SAME, 0),
            skipped=outcomes.get(Outcome.SKIPPED, 0),
            refused=refused,
            stored=is_stored and new + changed > 0,
        )


def _conflict_of(given: OnConflict | str) -> OnConflict:
    words = ", ".join(OnConflict)
    check_kind(given, str, f"on_conflict is an OnConflict, or one of {words}")
    try:
        return OnConflict(given)
    except ValueError:
        raise ValidationFailed(f"on_conflict is one of {words}.") from None


@frozen
class BulkOptions:
    """The options of a bulk write."""

    on_conflict: OnConflict = field(default=OnConflict.FAIL, converter=_conflict_of)
    """Given as `OnConflict`, or as its word."""
    keep_going: bool = field(default=False, validator=check_flag)
    """Store all entries that can be stored; otherwise all of them or nothing."""
    dry_run: bool = field(default=False, validator=check_flag)
    """Report the outcome of each entry, and store nothing."""


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
