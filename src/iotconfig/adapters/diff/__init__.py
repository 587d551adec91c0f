"""Two documents compared: as a JSON Patch for programs, and line by line for people."""

from __future__ import annotations

from typing import Annotated, Any, Final

from attrs import frozen

from iotconfig.adapters.codec import answer
from iotconfig.domain.configs.config import Config
from iotconfig.domain.configs.revisions import Revision, RevisionSummary
from iotconfig.domain.documents.content import ConfigContent

from .json_patch import decoded, json_patch
from .lines import as_written, laid_out, unified_diff

_ROOM: Final = 4096
"""Characters that a patch may have beyond those of its two documents."""


@frozen
class Difference:
    """What differs between two documents."""

    json_patch: list[dict[str, Any]]
    """Operations of RFC 6902 that turn the first into the second; a document that is not there is null."""
    unified_diff: str
    """The same for people, one member a line whatever the documents' spacing is; empty where they are equal."""


def difference(
    before: ConfigContent | None, after: ConfigContent | None, before_label: str, after_label: str
) -> Difference:
    """Compare two documents; None for one that is not there. The labels head the diff.

    Takes time in proportion to the documents, whatever is in them; of large ones
    that have little in common, the difference found is not the smallest.
    """
    one, other = ("" if content is None else content.text for content in (before, after))
    lines = laid_out(one), laid_out(other)
    if lines[0] == lines[1] and one != other:
        # They differ in spacing only.
        lines = as_written(one), as_written(other)
    return Difference(
        json_patch=json_patch(_value(before), _value(after), len(one) + len(other) + _ROOM),
        unified_diff=unified_diff(lines[0], lines[1], before_label, after_label),
    )


@answer
@frozen
class Comparison:
    """The difference between two revisions, as programs get it."""

    from_: Annotated[RevisionSummary | None, "Null before the config was created"]
    to: RevisionSummary
    json_patch: list[dict[str, Any]]
    unified_diff: str


def comparison(before: Revision | None, after: Revision) -> Comparison:
    """What a revision changed, as programs get it; None stands for the time before the config was created."""
    found = revisions_compared(before, after)
    return Comparison(
        before.summary() if before else None, after.summary(), found.json_patch, found.unified_diff
    )


def revisions_compared(before: Revision | None, after: Revision) -> Difference:
    """What a revision changed; None stands for the time before the config was created."""
    labels = (f"{r.mac_address}.json revision {r.revision}" if r else "/dev/null" for r in (before, after))
    return difference(before.content if before else None, after.content, *labels)


def proposed(config: Config, content: ConfigContent) -> Difference:
    """What would differ if a config got this content."""
    label = f"{config.mac_address}.json"
    return difference(config.content, content, f"{label} revision {config.revision}", label)


def _value(content: ConfigContent | None) -> Any:
    return None if content is None else decoded(content.text)
