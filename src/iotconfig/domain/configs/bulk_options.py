"""The options of bulk writes."""

from __future__ import annotations

from attrs import field, frozen

from iotconfig.domain.arguments import check_flag, check_kind, check_whole_number
from iotconfig.domain.errors import ValidationFailed

from .bulk import OnConflict
from .labels import ANY_TAGS, TagFilter
from .query import tag_filter_of


@frozen
class EntryRules:
    """What the entries of a bulk write that have content may replace, and what counts as the same."""

    on_conflict: OnConflict = OnConflict.REPLACE
    """For entries whose device has a config with other content."""
    allow_replaced: bool = False
    """Whether entries for boards that were replaced (`replaced_by`) are new, not `Outcome.REPLACED`."""
    ignore_line_ends: bool = False
    """Whether content that differs from the stored content in line ends only (`line_ends.is_same`) is `Outcome.SAME`."""


@frozen
class BulkOptions:
    """The options of a patch of many configs, and of an undo."""

    keep_going: bool = field(default=False, validator=check_flag)
    """Store all entries that can be stored; otherwise all of them or nothing."""
    dry_run: bool = field(default=False, validator=check_flag)
    """Report the outcome of each entry, and store nothing."""


def _conflict_of(given: OnConflict | str) -> OnConflict:
    words = ", ".join(OnConflict)
    check_kind(given, str, f"on_conflict is an OnConflict, or one of {words}")
    try:
        return OnConflict(given)
    except ValueError:
        raise ValidationFailed(f"on_conflict is one of {words}.") from None


def _check_expect_removed(_options: object, _attribute: object, number: int | None) -> None:
    if number is None:
        return
    check_whole_number(number, "The number of deletions that an import expects is an int")
    if number < 0:
        raise ValidationFailed("The number of deletions that an import expects is 0 or more.")


@frozen
class ImportOptions:
    """The options of an import (`BulkService.load`)."""

    on_conflict: OnConflict = field(default=OnConflict.FAIL, converter=_conflict_of)
    """Given as `OnConflict`, or as its word."""
    keep_going: bool = field(default=False, validator=check_flag)
    """Store all entries that can be stored; otherwise all of them or nothing."""
    dry_run: bool = field(default=False, validator=check_flag)
    """Report the outcome of each entry, and store nothing."""
    allow_replaced: bool = field(default=False, validator=check_flag)
    """Give boards that were replaced a config again; otherwise their entries are refused."""
    prune: bool = field(default=False, validator=check_flag)
    """Delete the configs that the source does not have. Never if something is refused."""
    expect_removed: int | None = field(default=None, validator=_check_expect_removed)
    """Prune only if exactly this number of configs would be deleted."""
    allow_empty: bool = field(default=False, validator=check_flag)
    """Prune also where the source is empty, which deletes all configs."""
    tags: TagFilter = field(default=ANY_TAGS, converter=tag_filter_of)
    """Only entries of devices with these tags; a device without a config has none. Given as `TagFilter`, or as its words."""

    def __attrs_post_init__(self) -> None:
        if self.prune and self.keep_going:
            raise ValidationFailed("An import that prunes stores all or nothing: it cannot keep going.")
        if (self.expect_removed is not None or self.allow_empty) and not self.prune:
            raise ValidationFailed("expect_removed and allow_empty are for an import that prunes.")
        if self.prune and self.tags:
            raise ValidationFailed("An import that prunes takes all entries: it cannot have tags.")

    @property
    def rules(self) -> EntryRules:
        """The rules for its entries. Editors and Windows tools add line ends, so these make no difference."""
        return EntryRules(self.on_conflict, self.allow_replaced, ignore_line_ends=True)


AnyOptions = BulkOptions | ImportOptions
"""The options of any bulk write."""


def check_options(options: object) -> None:
    """Raise `TypeError` unless they are `BulkOptions`."""
    check_kind(options, BulkOptions, "The options are BulkOptions, such as BulkOptions(dry_run=True)")


def check_import_options(options: object) -> None:
    """Raise `TypeError` unless they are `ImportOptions`."""
    check_kind(
        options,
        ImportOptions,
        "The options are ImportOptions, such as ImportOptions(on_conflict=OnConflict.REPLACE)",
    )
