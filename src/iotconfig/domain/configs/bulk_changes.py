"""The outcome of one entry of a bulk write, and the change that stores it; `adapters/sql/bulk.py` says the same in SQL."""

from __future__ import annotations

from datetime import datetime

from attrs import evolve

from iotconfig.domain.documents.line_ends import is_same
from iotconfig.domain.errors import IotConfigError, RecordNotFound

from . import changes
from .bulk import (
    OUTCOME_OF_CONFLICT,
    AnyEntry,
    BulkDeletion,
    BulkEntry,
    BulkRefusal,
    BulkRestoration,
    Outcome,
)
from .bulk_options import EntryRules
from .change import Change
from .config import Config
from .labels import NO_LABELS, Labels
from .restoring import as_deleted
from .revisions import Operation, Revision
from .store import UnitOfWork, View


def is_stale(view: View, entry: AnyEntry) -> bool:
    """Whether an entry is for another revision of its config than the newest."""
    if isinstance(entry, BulkRestoration):
        return _deletion(view, entry) is None
    return _is_at_another_revision(entry.if_revision, view.configs.get_by_mac(entry.mac_address))


def outcome_of(view: View, entry: AnyEntry, rules: EntryRules) -> Outcome:
    """Return the outcome of an entry, as `BulkWrite.compare` says."""
    if is_stale(view, entry):
        return Outcome.STALE
    config = view.configs.get_by_mac(entry.mac_address)
    if isinstance(entry, BulkRestoration):
        if config is not None:
            return Outcome.IN_USE
        successor = view.counters.replaced_by(entry.mac_address, since=entry.if_revision)
        return Outcome.RESTORED if successor is None else Outcome.REPLACED
    if isinstance(entry, BulkDeletion):
        return Outcome.DELETED
    if config is None:
        is_replaced = view.counters.replaced_by(entry.mac_address) is not None
        return Outcome.REPLACED if is_replaced and not rules.allow_replaced else Outcome.NEW
    if not config.has_content:
        return Outcome.CHANGED
    stored, given = config.content.text, entry.content.text
    if stored == given or (rules.ignore_line_ends and is_same(stored, given)):
        return Outcome.SAME
    return OUTCOME_OF_CONFLICT[rules.on_conflict]


def change_of(work: UnitOfWork, entry: AnyEntry, now: datetime) -> Change:
    """Return the change of an entry with one of the outcomes `TAKING_REVISION`. Raises `RecordNotFound` if it is stale."""
    counter = work.counters.lock(entry.mac_address)
    if isinstance(entry, BulkRestoration):
        deletion = _deletion(work, entry)
        if deletion is None:
            raise RecordNotFound(entry.config_id)
        document = work.composer().document(_labels_of(work, entry), entry.content)
        return changes.restored(counter, as_deleted(work.history, deletion, entry.content), now, document)
    config = work.configs.get_by_mac(entry.mac_address)
    if isinstance(entry, BulkDeletion):
        if config is None:
            raise RecordNotFound(entry.mac_address)
        return changes.deleted(counter, config, now, undoes_creation=entry.undoes_creation)
    document = work.composer().document(_labels_of(work, entry), entry.content)
    if config is None:
        return changes.created(counter, entry.content, now, document)
    edited = changes.edited(counter, config, entry.content, entry.operation, now, document)
    # One of many is told only of other bytes: nobody pressed Save for it.
    return evolve(edited, is_announced=edited.document_number != counter.last_document_number)


def document_refusal(view: View, entry: AnyEntry) -> BulkRefusal | None:
    """Return the refusal of an entry whose device's document would break a rule; None otherwise."""
    if isinstance(entry, BulkDeletion):
        return None
    try:
        view.composer().document(_labels_of(view, entry), entry.content)
    except IotConfigError as error:
        return BulkRefusal(entry.place, error)
    return None


def _labels_of(view: View, entry: BulkEntry | BulkRestoration) -> Labels:
    """The labels of the config that an entry changes, restores or creates."""
    if isinstance(entry, BulkRestoration):
        return view.labels.kept(entry.config_id)
    config = view.configs.get_by_mac(entry.mac_address)
    return NO_LABELS if config is None else config.labels


def _deletion(view: View, entry: BulkRestoration) -> Revision | None:
    """The deletion that an entry takes back, if that is still the newest revision of the config."""
    newest = view.history.newest(entry.config_id)
    if newest is None or newest.revision != entry.if_revision:
        return None
    is_of_device = newest.mac_address == entry.mac_address
    return newest if newest.operation is Operation.DELETE and is_of_device else None


def _is_at_another_revision(if_revision: int | None, config: Config | None) -> bool:
    return if_revision is not None and (config is None or config.revision != if_revision)
