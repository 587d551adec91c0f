"""Many configs at once: what is to be stored, and what becomes of each."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from attrs import frozen

from .config import Config
from .content import ConfigContent
from .errors import IotConfigError
from .mac import MacAddress


class OnConflict(StrEnum):
    """What to do with a device that has a config with other content."""

    FAIL = "fail"
    """Refuse the entry."""
    SKIP = "skip"
    """Leave the config as it is."""
    REPLACE = "replace"
    """Replace its content."""


class Outcome(StrEnum):
    """What becomes of one entry."""

    NEW = "new"
    """Its device gets its first config."""
    CHANGED = "changed"
    """Its device's config gets other content."""
    SAME = "same"
    """Its device has this content already: no revision, and nobody is told."""
    SKIPPED = "skipped"
    """Its device has other content, which stays (`OnConflict.SKIP`)."""
    CONFLICT = "conflict"
    """Its device has other content (`OnConflict.FAIL`)."""
    STALE = "stale"
    """Its config is not at the revision that the entry was made from."""


OUTCOME_OF_CONFLICT: Final = {
    OnConflict.FAIL: Outcome.CONFLICT,
    OnConflict.SKIP: Outcome.SKIPPED,
    OnConflict.REPLACE: Outcome.CHANGED,
}
"""What becomes of an entry whose device has a config with other content."""


@frozen
class Entry:
    """One config that is to be stored."""

    place: str
    """Where it comes from, for messages: a file's name, a line, a device."""
    mac_address: MacAddress
    content: ConfigContent
    if_revision: int | None = None
    """Only where the device has a config, at this revision; None for any, or none."""


class Exported(NamedTuple):
    """One config as it is handed out."""

    mac_address: MacAddress
    text: str
    """The content, verbatim."""


@frozen
class Refusal:
    """One entry that cannot be stored, and why."""

    place: str
    error: IotConfigError


@frozen
class Duplicate:
    """An entry whose MAC address another entry has, too."""

    place: str
    mac_address: MacAddress
    other_place: str
    """Where another of them comes from."""


@frozen
class Result:
    """What became, or would become, of one entry."""

    place: str
    mac_address: MacAddress
    outcome: Outcome
    config_id: int | None
    """None where there is no config."""
    revision: int | None
    """The config's revision afterwards; None where there is no config."""


@frozen
class Tally:
    """How many entries had which outcome."""

    new: int = 0
    changed: int = 0
    same: int = 0
    skipped: int = 0
    refused: int = 0
    stored: bool = False
    """False where nothing was stored: a dry run, something refused, or nothing new."""


@frozen
class Rules:
    """How to go about many changes."""

    on_conflict: OnConflict = OnConflict.FAIL
    keep_going: bool = False
    """Store what can be stored; otherwise all is stored or nothing."""
    dry_run: bool = False
    """Say what would become of each entry, and store nothing."""


@frozen
class Sample:
    """One change that a dry run shows."""

    config: Config
    content: ConfigContent
    """What the content would become."""


@frozen
class PatchOutcome:
    """What a patch to many configs did, or would do."""

    tally: Tally
    samples: tuple[Sample, ...] = ()
    """The first few changes; of a dry run only."""
