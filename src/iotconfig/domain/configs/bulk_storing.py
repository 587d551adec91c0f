"""The end of a bulk write: all that can be stored, or all or nothing."""

from __future__ import annotations

from iotconfig.domain.clock import Clock

from .bulk import PREVENTING
from .bulk_options import EntryRules
from .ports import BulkWrite
from .revisions import ChangeNote


def store_together(
    write: BulkWrite, rules: EntryRules, note: ChangeNote, clock: Clock, *, keep_going: bool
) -> str | None:
    """Store what can be stored (`keep_going`), or all or nothing.

    Returns the id of the change; None where an entry that cannot be stored prevents it.
    """
    with write.lock():
        write.compare(rules)
        if not keep_going and PREVENTING & write.tally().keys():
            return None
        return write.store(note, clock())
