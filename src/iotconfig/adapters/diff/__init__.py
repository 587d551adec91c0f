"""Differences between two documents: as a JSON Patch, and as a unified diff."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from attrs import frozen

from iotconfig.adapters.codec import answer
from iotconfig.domain.configs.config import Config
from iotconfig.domain.configs.revisions import Revision, RevisionSummary
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.mac import MacAddress

from .json_patch import JsonPatchOperation, decoded, json_patch
from .lines import as_written, laid_out, unified_diff

__all__ = [
    "Comparison",
    "Difference",
    "JsonPatchOperation",
    "Preview",
    "comparison",
    "created",
    "difference",
    "preview",
    "proposed",
    "revisions_compared",
]

_ROOM: Final = 4096
"""Characters that a patch may have in addition to those of its two documents."""


@frozen
class Difference:
    """The differences between two documents."""

    json_patch: list[JsonPatchOperation]
    """Operations of RFC 6902 that turn the first document into the second; a missing document is null."""
    unified_diff: str
    """The difference as text, with one member per line, independent of the spacing of the documents; empty if they are equal."""


def difference(
    before: ConfigContent | None, after: ConfigContent | None, before_label: str, after_label: str
) -> Difference:
    """Compare two documents; None for a missing one. The labels are in the head of the diff.

    Takes time in proportion to the size of the documents. For large documents with
    little in common, the result is not the smallest difference.
    """
    one, other = ("" if content is None else content.text for content in (before, after))
    lines = laid_out(one), laid_out(other)
    if lines[0] == lines[1] and one != other:
        # The documents differ only in spacing.
        lines = as_written(one), as_written(other)
    return Difference(
        json_patch=json_patch(_value(before), _value(after), len(one) + len(other) + _ROOM),
        unified_diff=unified_diff(lines[0], lines[1], before_label, after_label),
    )


@answer
@frozen
class Comparison:
    """The differences between two revisions, as the API and `--json` have them."""

    from_: Annotated[RevisionSummary | None, "Null before the config was created"]
    to: RevisionSummary
    json_patch: list[JsonPatchOperation]
    unified_diff: str


def comparison(before: Revision | None, after: Revision) -> Comparison:
    """Compare two revisions; `before` is None for the time before the first revision."""
    found = revisions_compared(before, after)
    return Comparison(
        before.summary() if before else None, after.summary(), found.json_patch, found.unified_diff
    )


@answer
@frozen
class Preview:
    """The answer to a dry run of an edit, as the API and `--json` have it."""

    dry_run: Literal[True]
    changed: bool
    id: Annotated[int | None, "The config's id; null if it would be created"]
    mac_address: MacAddress
    revision: Annotated[int | None, "The current revision; null if the config would be created"]
    etag: Annotated[str, "The `ETag` that the content would get"]
    json_patch: list[JsonPatchOperation]
    unified_diff: str


def preview(mac_address: MacAddress, config: Config | None, content: ConfigContent) -> Preview:
    """The answer to a dry run that would store this content; config: None if it would be created."""
    found = created(mac_address, content) if config is None else proposed(config, content)
    return Preview(
        dry_run=True,
        changed=config is None or content.text != config.content.text,
        id=None if config is None else config.id,
        mac_address=mac_address,
        revision=None if config is None else config.revision,
        etag=content.etag,
        json_patch=found.json_patch,
        unified_diff=found.unified_diff,
    )


def revisions_compared(before: Revision | None, after: Revision) -> Difference:
    """The differences between two revisions; None for the time before the first revision."""
    labels = (f"{r.mac_address}.json revision {r.revision}" if r else "/dev/null" for r in (before, after))
    return difference(before.content if before else None, after.content, *labels)


def proposed(config: Config, content: ConfigContent) -> Difference:
    """The differences that this content would make to a config."""
    label = f"{config.mac_address}.json"
    return difference(config.content, content, f"{label} revision {config.revision}", label)


def created(mac_address: MacAddress, content: ConfigContent) -> Difference:
    """The difference that a first config with this content would make."""
    return difference(None, content, "/dev/null", f"{mac_address}.json")


def _value(content: ConfigContent | None) -> Any:
    return None if content is None else decoded(content.text)
