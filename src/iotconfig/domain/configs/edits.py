"""The edits of a config's content: replace, merge, roll back."""

from __future__ import annotations

from typing import ClassVar, Protocol

from attrs import field, frozen

from iotconfig.domain.arguments import check_kind, check_whole_number, kind_of
from iotconfig.domain.documents.accepted import content_of
from iotconfig.domain.documents.content import DEFAULT_MAX_BYTES, ConfigContent
from iotconfig.domain.documents.merge_patch import MergePatch
from iotconfig.domain.errors import ValidationFailed
from iotconfig.domain.offload import Offload, run_inline

from .history import found_revision
from .ports import HistoryReader
from .revisions import Operation


class ContentEdit(Protocol):
    """An edit that needs only the present content."""

    @property
    def operation(self) -> Operation:
        """The operation that the history shows."""
        ...

    def apply(self, content: ConfigContent) -> ConfigContent:
        """Return the new content. Called in a transaction, so it must not wait for other work."""
        ...


def _check_patch(_edit: object, _attribute: object, patch: MergePatch) -> None:
    check_kind(patch, MergePatch, "A merge patch is a MergePatch, such as MergePatch.parse('{\"a\": null}')")


def _check_revision(_edit: object, _attribute: object, revision: int) -> None:
    check_whole_number(revision, "The revision to go back to is an int")


def check_edit(edit: object) -> None:
    """Raise `TypeError` unless it is an `Edit`."""
    if not isinstance(edit, Rollback) and not callable(getattr(edit, "apply", None)):
        raise TypeError(
            f"An edit is Replace(content), Merge(patch) or Rollback(revision), not {kind_of(edit)}."
        )


@frozen
class Replace:
    """Replaces the content."""

    operation: ClassVar[Operation] = Operation.UPDATE

    content: ConfigContent = field(converter=content_of)
    """Given as `ConfigContent`, JSON text or a dict."""

    def apply(self, content: ConfigContent) -> ConfigContent:
        """Return the content, which was checked before. Raises nothing."""
        return self.content


@frozen
class Merge:
    """A merge patch (RFC 7396). Members that it does not name keep their bytes."""

    operation: ClassVar[Operation] = Operation.UPDATE

    patch: MergePatch = field(validator=_check_patch)
    max_bytes: int = DEFAULT_MAX_BYTES
    """Size limit of the result, in bytes of UTF-8."""
    offload: Offload = field(default=run_inline, eq=False, repr=False)
    """Runs the merge outside of transactions."""

    def apply(self, content: ConfigContent) -> ConfigContent:
        """Merge the patch into `content`. Raises `InvalidDocument` or `ContentTooLarge` where the result breaks a rule."""
        return content.merged(self.patch.merged_into(content.text), self.patch.values, self.max_bytes)

    def merged(self, content: ConfigContent) -> ConfigContent:
        """Return `apply(content)`, run by `offload`, which may wait: call it outside of transactions."""
        return self.offload(lambda: self.apply(content), len(content.text) + len(self.patch.text))


@frozen
class Rollback:
    """The content of an earlier revision, byte for byte."""

    operation: ClassVar[Operation] = Operation.ROLLBACK

    revision: int = field(validator=_check_revision)

    def content(self, config_id: int, history: HistoryReader) -> ConfigContent:
        """Read the content of the revision, which never changes.

        Raises `RecordNotFound`, `RecordGone` for a pruned revision, `ValidationFailed` for one without content, such as a deletion.
        """
        revision = found_revision(history, config_id, self.revision)
        if revision.content is None:
            what = (
                "is its deletion, and has no content"
                if revision.operation is Operation.DELETE
                else "has no content: layers alone served its device"
            )
            raise ValidationFailed(f"Revision {self.revision} of config {config_id} {what}.")
        return revision.content


Edit = ContentEdit | Rollback
