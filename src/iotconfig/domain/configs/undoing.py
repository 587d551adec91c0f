"""Undoing one change: for each config that it touched, the entry that restores what was before, or the refusal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from attrs import define, evolve

from iotconfig.domain.documents.content import NO_CONTENT, ConfigContent
from iotconfig.domain.errors import (
    ChangedSince,
    IotConfigError,
    RecordGone,
    RecordNotFound,
    Unprocessable,
    ValidationFailed,
)
from iotconfig.domain.offload import Offload

from .bulk import (
    PREVENTING,
    AnyEntry,
    BulkDeletion,
    BulkEntry,
    BulkRefusal,
    BulkRestoration,
    BulkResult,
    Outcome,
)
from .bulk_batches import batches
from .bulk_refusals import Refusals, refusal_of
from .change_log import ChangeKind, ChangeLog
from .change_log_service import ChangeLogService
from .change_query import ChangeQuery
from .ports import BulkWrite
from .revisions import ChangedConfig, ChangeNote, Operation, is_change_id
from .store import Store

_PAGE: Final = 100
"""Configs of a change that are read at a time, with their contents."""

Check = Callable[[ConfigContent], ConfigContent]
"""Returns a stored content as it may be stored today. Raises `InvalidDocument` or `ContentTooLarge`."""


def check_change_id(change: str) -> None:
    """Raise `RecordNotFound` for text that cannot be the id of a change."""
    if not is_change_id(change):
        raise RecordNotFound(change, what="Change")


def undo_note(change: str, note: ChangeNote) -> ChangeNote:
    """The note of an undo: without a message, it names the change."""
    return note if note.message is not None else evolve(note, message=f"Undo of change {change}")


def undoing(done: ChangedConfig, check: Check) -> AnyEntry:
    """Return the entry that restores what was before a change of one config.

    A created or restored config is deleted, and a board that another one had replaced is replaced again; a deleted
    config is restored under its id; and one with other content gets its previous content, or none where it had none.

    Raises `ChangedSince` if the config has changed again, `RecordGone` if what was before was pruned,
    `ValidationFailed` for a board swap, and what `check` raises.
    """
    made, before = done.revision, done.before
    place = str(made.mac_address)
    if done.newest != made.revision:
        raise _changed_since(done)
    if made.operation in (Operation.CREATE, Operation.RESTORE):
        return BulkDeletion(place, made.mac_address, made.revision, undoes_creation=True)
    if before is None:
        raise RecordGone(
            f"The revision of config {made.config_id} before revision {made.revision} was pruned.",
            config_id=made.config_id,
        )
    if made.operation is Operation.REPLACE_DEVICE:
        raise ValidationFailed(
            f"A board swap is not undone with others: 'iotconfig config replace-device {made.config_id} "
            f"{before.mac_address}' moves the config back.",
            config_id=made.config_id,
        )
    content = NO_CONTENT if before.content is None else check(before.content)
    if made.operation is Operation.DELETE:
        return BulkRestoration(place, made.mac_address, content, made.config_id, made.revision)
    return BulkEntry(place, made.mac_address, content, made.revision, Operation.ROLLBACK)


def _changed_since(done: ChangedConfig) -> ChangedSince:
    made = done.revision
    return ChangedSince(
        f"Config {made.config_id} has changed again: the change made revision {made.revision}, and the newest is "
        f"{done.newest}.",
        config_id=made.config_id,
        revision=done.newest,
    )


@define
class Undo:
    """Makes the entries of an undo, and reports what cannot be undone."""

    _store: Store
    _write: BulkWrite
    _refusals: Refusals
    _yield_turn: Callable[[], None]
    _offload: Offload
    _max_content_bytes: int

    def add_entries(self, change: str) -> None:
        """Add an entry for each config of a change.

        Raises `RecordNotFound` if there is no such change, and `Unprocessable` where it is one of a secret or a model.
        """
        check_change_id(change)
        for batch in batches(self._entries(change)):
            self._write.add(batch)

    def report_hindered(self) -> None:
        """Report the entries that cannot be stored, after `BulkWrite.compare`: their configs changed meanwhile."""
        self._refusals.take(map(_refusal, self._write.results(PREVENTING)))

    def _entries(self, change: str) -> Iterator[AnyEntry]:
        for done in self._touched(change):
            self._yield_turn()
            try:
                yield undoing(done, self._checked)
            except IotConfigError as error:
                self._refusals.take([BulkRefusal(str(done.revision.mac_address), error)])

    def _touched(self, change: str) -> Iterator[ChangedConfig]:
        after = 0
        while True:
            with self._store.reading() as view:
                page = view.history.of_change(change, after, _PAGE)
            if not page and after == 0:
                raise _not_undone(self._store, change)
            yield from page
            if len(page) < _PAGE:
                return
            after = page[-1].revision.config_id

    def _checked(self, content: ConfigContent) -> ConfigContent:
        text = content.text
        return self._offload(lambda: ConfigContent.parse(text, self._max_content_bytes), len(text))


def _not_undone(log: ChangeLog, change: str) -> IotConfigError:
    """The error for a change that touched no config."""
    for logged in ChangeLogService(log).all(ChangeQuery(change=change)):
        if logged.kind is ChangeKind.SECRET:
            name = logged.subject.key
            return Unprocessable(
                f'Change {change} is one of the secret "{name}", and cannot be undone: earlier values of secrets are not kept. '
                f"Set the value again: 'iotconfig secret set {name}', or PUT /api/secrets/{name}.",
                secret=name,
            )
        if logged.kind is ChangeKind.MODEL:
            name = logged.subject.key
            return Unprocessable(
                f'Change {change} is one of the model "{name}", and cannot be undone: earlier rules of models are not kept. '
                f"Store the rules again: 'iotconfig model set {name}', or PUT /api/models/{name}.",
                model=name,
            )
    return RecordNotFound(change, "its revisions were pruned, or never existed", what="Change")


def _refusal(result: BulkResult) -> BulkRefusal:
    if result.outcome is not Outcome.STALE:
        return refusal_of(result)
    error = ChangedSince(f"The config of {result.mac_address} has just changed again.")
    return BulkRefusal(result.place, error)
