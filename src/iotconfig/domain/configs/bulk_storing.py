"""The end of a bulk write: all that can be stored, or all or nothing."""

from __future__ import annotations

from iotconfig.domain.clock import Clock

from .bulk import PREVENTING, BulkOptions
from .ports import BulkWrite
from .revisions import ChangeNote


def store_together(
    write: BulkWrite,
    options: BulkOptions,
    note: ChangeNote,
    clock: Clock,
    *,
    ignore_line_ends: bool = False,
) -> str | None:
    """Store what can be stored, or all or nothing, as `options` say; `ignore_line_ends` as of `BulkWrite.compare`.

    Returns the id of the change; None where an entry that cannot be stored prevents it.
    """
    with write.lock():
        write.compare(
            options.on_conflict, allow_replaced=options.allow_replaced, ignore_line_ends=ignore_line_ends
        )
        if not options.keep_going and PREVENTING & write.tally().keys():
            return None
        return write.store(note, clock())
