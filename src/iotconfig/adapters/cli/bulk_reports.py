"""What `import` and `patch` say: refusals, and the ending."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import one_line
from .tables import printable
from .terminal import say_over_progress

if TYPE_CHECKING:
    from iotconfig.domain.configs.bulk import BulkOptions, BulkRefusal, Tally


def show_refusal(refusal: BulkRefusal) -> None:
    """Print a refusal."""
    say_over_progress(f"{printable(refusal.place)}: {printable(one_line(refusal.error))}", fg="red")


def ending(tally: Tally, options: BulkOptions) -> str:
    """Return whether something was stored, as the end of a sentence."""
    if tally.stored:
        return "stored"
    if options.dry_run:
        return "nothing was stored (dry run)"
    return "nothing was stored" if tally.refused else "nothing to store"
