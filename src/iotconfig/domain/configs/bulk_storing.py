"""The end of a bulk write: all that can be stored, or all or nothing."""

from __future__ import annotations

from iotconfig.domain.clock import Clock

from .bulk import PREVENTING
from .bulk_options import EntryRules
from .bulk_refusals import Refusals
from .ports import BulkWrite
from .revisions import ChangeNote


def store_together(
    write: BulkWrite,
    rules: EntryRules,
    note: ChangeNote,
    clock: Clock,
    refusals: Refusals,
    *,
    keep_going: bool,
) -> str | None:
    """Store what can be stored (`keep_going`), or all or nothing.

    refusals: gets the entries whose documents break a rule.

    Returns the id of the change; None where an entry that cannot be stored prevents it.
    """
    refusals.take(write.compose())
    with refusals.deferred(), write.lock():
        refusals.take(write.compose())
        write.compare(rules)
        if refusals.prevent_storing:
            return None
        if not keep_going and PREVENTING & write.tally().keys():
            return None
        return write.store(note, clock())
