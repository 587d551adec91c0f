"""The configs that an import deletes: those that its source does not have."""

from __future__ import annotations

from iotconfig.domain.errors import PreconditionFailed, ValidationFailed

from .bulk_options import ImportOptions
from .ports import BulkWrite


def prune_others(write: BulkWrite, entries: int, options: ImportOptions) -> None:
    """Add the deletions of a write whose source has this number of entries, none of which was refused.

    Raises `ValidationFailed` if the source is empty and configs would be deleted, unless `options` allow that;
    and `PreconditionFailed` if another number of configs would be deleted than `options` expect.
    """
    removed = write.add_deletions_of_others()
    if entries == 0 and removed > 0 and not options.allow_empty:
        raise ValidationFailed(
            f"The source has no configs, and all {removed} that are stored would be deleted: nothing was changed.",
            removed=removed,
        )
    if options.expect_removed is not None and removed != options.expect_removed:
        raise PreconditionFailed(
            f"The number of configs that would be deleted is {removed}, not {options.expect_removed} as expected: "
            "nothing was changed.",
            removed=removed,
        )
