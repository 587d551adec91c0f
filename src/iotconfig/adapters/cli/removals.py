"""The members that `config set` removes: it names them, and asks at a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from iotconfig.domain.configs.precondition import Precondition
from iotconfig.domain.documents.removed_members import removed_members

from .options import precondition_of
from .questions import ask
from .tables import printable
from .terminal import is_interactive, say

if TYPE_CHECKING:
    from iotconfig.domain.configs.config import Config
    from iotconfig.domain.documents.content import ConfigContent

_LISTED: Final = 10


def accept_removals(
    before: Config, content: ConfigContent, precondition: Precondition, *, yes: bool
) -> tuple[list[str], Precondition]:
    """The members that the new content lacks, and the condition of the change; asks at a terminal.

    A config whose removals were accepted must still be at the revision that they were found in. Raises
    `ClickException` if they are not accepted.
    """
    removed = removed_members(before.content, content)
    if not removed or yes or not is_interactive():
        return removed, precondition
    ask(
        f"This removes {_listed(removed)} of config {before.id} of {before.mac_address}. Replace its content?",
        "Nothing was changed. --yes replaces without a question, and 'iotconfig config patch' keeps other members.",
    )
    return removed, precondition if precondition.one_of else precondition_of(before.revision)


def say_removed(removed: Sequence[str]) -> None:
    """Name the removed members, if any, on standard error."""
    if removed:
        say(f"Removed {_listed(removed)} ('iotconfig config patch' keeps other members).", err=True)


def _listed(pointers: Sequence[str]) -> str:
    shown = ", ".join(map(printable, pointers[:_LISTED]))
    return f"{shown} and {len(pointers) - _LISTED} more" if len(pointers) > _LISTED else shown
