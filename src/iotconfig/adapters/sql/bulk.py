"""Many changes at once: temporary tables of entries, their locks, and the outcome of each."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    FromClause,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    and_,
    bindparam,
    case,
    delete,
    exists,
    false,
    func,
    insert,
    literal,
    not_,
    or_,
    select,
    true,
)

from iotconfig.domain.configs.bulk import OUTCOME_OF_CONFLICT, TAKING_REVISION, Outcome
from iotconfig.domain.configs.bulk_options import EntryRules
from iotconfig.domain.configs.revisions import Operation

from .engine.dialects import ByDialect, insert_into
from .tables import MacText, UtcDateTime, configs, documents, revision_counters, revisions

temporary: Final = MetaData()

staged: Final = Table(
    "staged_configs",
    temporary,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("place", Text, nullable=False),
    # Of an entry whose device has a config. The first one is always a creation.
    Column("operation", String(16), nullable=False),
    # Of a deleted config that is restored.
    Column("config_id", BigInteger),
    Column("if_revision", BigInteger),
    # Of a deletion.
    Column("undoes_creation", Boolean),
    Column("mac_address", MacText, nullable=False),
    # Nothing from here on in a deletion, and where layers alone are to serve the device.
    Column("content", Text),
    Column("etag", String(80)),
    Column("device_name", String(255)),
    Column("device_entity_id", String(255)),
    Column("enable_ota", Boolean),
    Column("search_text", Text),
    prefixes=["TEMPORARY"],
)

composed: Final = Table(
    "composed_configs",
    temporary,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    # Of what it was composed: the layers, and the tags of a config; 0 where there is no config.
    Column("generation", BigInteger, nullable=False),
    Column("config_id", BigInteger, nullable=False),
    Column("label_number", BigInteger, nullable=False),
    # Nothing from here on where no layer reaches the device: its document is the content.
    Column("etag", String(80)),
    Column("device_name", String(255)),
    Column("device_entity_id", String(255)),
    Column("enable_ota", Boolean),
    Column("search_text", Text),
    Column("layers", Text),
    Column("rule", Integer),
    Column("body", Text),
    prefixes=["TEMPORARY"],
)

planned: Final = Table(
    "planned_configs",
    temporary,
    Column("seq", BigInteger, nullable=False),
    Column("mac_address", MacText, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("revision", BigInteger),
    Column("document_number", BigInteger),
    # False where the device is served the same bytes as before.
    Column("is_announced", Boolean, nullable=False),
    Column("config_id", BigInteger),
    # Of the config that is there, or of its deletion.
    Column("last_change_at", UtcDateTime),
    # Of a board that was replaced, whose entry is refused.
    Column("replaced_by", MacText),
    prefixes=["TEMPORARY"],
)

duplicates: Final = Table(
    "duplicate_configs",
    temporary,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("place", Text, nullable=False),
    Column("mac_address", MacText, nullable=False),
    Column("other_place", Text, nullable=False),
    prefixes=["TEMPORARY"],
)

# Built when results are first read; most writes do not read them.
BY_SEQ: Final = Index("ix_planned_configs_seq", planned.c.seq)

PLANNED_ENTRIES: Final = staged.join(planned, planned.c.seq == staged.c.seq)
DECIDED_ENTRIES: Final = PLANNED_ENTRIES.outerjoin(composed, composed.c.seq == staged.c.seq)
"""The planned entries with their documents, where layers reach the devices."""

# A counter of 1 without a config: the lock has just inserted the device.
_FIRST: Final = 1
_IS_REGISTERED_HERE: Final = and_(revision_counters.c.last_revision == _FIRST, configs.c.id.is_(None))


def _next(last: ColumnElement[int]) -> ColumnElement[int]:
    """The number after the last one of a counter."""
    return func.coalesce(case((_IS_REGISTERED_HERE, _FIRST), else_=last + 1), _FIRST)


def _lock(dialect: str) -> Any:
    """One statement registers the devices that are new, and locks the others, in the order of their addresses."""
    # An entry for a config that was deleted inserts no counter.
    is_known = exists().where(revision_counters.c.mac_address == staged.c.mac_address)
    addresses = (
        select(staged.c.mac_address, literal(_FIRST), literal(_FIRST))
        .where(or_(staged.c.if_revision.is_(None), is_known))
        .order_by(staged.c.mac_address)
    )
    return (
        insert_into(dialect, revision_counters)
        .from_select(["mac_address", "last_revision", "last_document_number"], addresses)
        .on_conflict_do_update(
            index_elements=[revision_counters.c.mac_address],
            set_={"last_revision": revision_counters.c.last_revision},
        )
    )


def _find_duplicates() -> Any:
    """Insert each entry that shares its MAC address, with the place of the first other one.

    One sort finds all of them: a search for each entry would take quadratic time if
    thousands have one address.
    """
    ranked = select(
        staged.c.seq,
        staged.c.place,
        staged.c.mac_address,
        func.row_number().over(partition_by=staged.c.mac_address, order_by=staged.c.seq).label("number"),
        func.first_value(staged.c.place)
        .over(partition_by=staged.c.mac_address, order_by=staged.c.seq)
        .label("first_place"),
        func.lead(staged.c.place)
        .over(partition_by=staged.c.mac_address, order_by=staged.c.seq)
        .label("next_place"),
    ).subquery()
    is_first = ranked.c.number == 1
    found = select(
        ranked.c.seq,
        ranked.c.place,
        ranked.c.mac_address,
        case((is_first, ranked.c.next_place), else_=ranked.c.first_place),
    ).where(or_(~is_first, ranked.c.next_place.is_not(None)))
    return insert(duplicates).from_select([column.name for column in duplicates.columns], found)


LOCK: Final = ByDialect(_lock)
FIND_DUPLICATES: Final = _find_duplicates()
DISCARD_DUPLICATES: Final = delete(staged).where(staged.c.seq.in_(select(duplicates.c.seq)))

_IS_RESTORATION: Final = staged.c.operation == Operation.RESTORE.value
_IS_DELETION: Final = staged.c.operation == Operation.DELETE.value
_newest: Final = revisions.alias("newest")
_deletion: Final = revisions.alias("deletion")
# Scalar subqueries: PostgreSQL would read all revisions for an EXISTS.
_NEWEST_REVISION: Final = (
    select(func.max(_newest.c.revision)).where(_newest.c.config_id == staged.c.config_id).scalar_subquery()
)
_OF_DELETION: Final = (
    _deletion.c.config_id == staged.c.config_id,
    _deletion.c.revision == staged.c.if_revision,
    _deletion.c.operation == Operation.DELETE.value,
)
_DELETED_FROM: Final = select(_deletion.c.mac_address).where(*_OF_DELETION).scalar_subquery()
_DELETED_AT: Final = select(_deletion.c.created_at).where(*_OF_DELETION).scalar_subquery()
_IS_DELETED: Final = and_(
    func.coalesce(_NEWEST_REVISION, 0) == staged.c.if_revision,
    func.coalesce(_DELETED_FROM, "") == staged.c.mac_address,
)

IS_STALE: Final = case(
    (_IS_RESTORATION, not_(_IS_DELETED)),
    else_=and_(
        staged.c.if_revision.is_not(None),
        or_(configs.c.id.is_(None), configs.c.revision != staged.c.if_revision),
    ),
)
UNREGISTER: Final = delete(revision_counters).where(
    revision_counters.c.last_revision == _FIRST,
    revision_counters.c.mac_address.in_(select(staged.c.mac_address)),
    ~exists().where(configs.c.mac_address == revision_counters.c.mac_address),
)
"""Removes the counters that `LOCK` inserted, where nothing is stored."""


def _bare(content: ColumnElement[str]) -> ColumnElement[str]:
    """The text that `line_ends.is_same` compares."""
    return func.rtrim(func.replace(content, "\r\n", "\n"), "\n")


def _add_deletions_of_others() -> Any:
    """Insert a deletion of each config with content and without an entry."""
    addresses = select(configs.c.mac_address).except_(select(staged.c.mac_address)).subquery()
    number = func.row_number().over(order_by=configs.c.mac_address)
    others = (
        select(
            bindparam("first", type_=BigInteger) + number - 1,
            configs.c.mac_address,
            literal(Operation.DELETE.value),
            configs.c.revision,
            configs.c.mac_address,
        )
        .join(addresses, addresses.c.mac_address == configs.c.mac_address)
        .where(configs.c.content.is_not(None))
    )
    adding = insert(staged).from_select(["seq", "place", "operation", "if_revision", "mac_address"], others)
    # An insertion has no row count otherwise.
    return adding.execution_options(preserve_rowcount=True)


ADD_DELETIONS_OF_OTHERS: Final = _add_deletions_of_others()
"""Its parameter `first` is the number of entries before."""


_IS_SERVED_ON: Final = and_(
    configs.c.id.is_not(None),
    not_(_IS_DELETION),
    documents.c.etag == func.coalesce(composed.c.etag, staged.c.etag),
)


def _document_number(*, is_composed: bool) -> ColumnElement[int]:
    """The number of the document that an entry with content leads to."""
    counted = revision_counters.c.last_document_number
    return case((_IS_SERVED_ON, counted), else_=_next(counted)) if is_composed else _next(counted)


def _is_announced(*, is_composed: bool) -> ColumnElement[bool]:
    """Whether an entry that is stored is announced: not where the device is served the same bytes as before."""
    return case((_IS_SERVED_ON, false()), else_=true()) if is_composed else true()


def _present(*, is_composed: bool) -> FromClause:
    """The entries with the present configs and counters, and with the documents."""
    rows = staged.outerjoin(configs, configs.c.mac_address == staged.c.mac_address).outerjoin(
        revision_counters, revision_counters.c.mac_address == staged.c.mac_address
    )
    if not is_composed:
        return rows
    return rows.outerjoin(documents, documents.c.mac_address == staged.c.mac_address).outerjoin(
        composed, composed.c.seq == staged.c.seq
    )


@cache  # Making it takes longer than a write of one entry.
def plan(rules: EntryRules, *, is_composed: bool) -> Any:
    """Determine the outcome of each entry from the present rows.

    is_composed: whether there are or were layers; then other content may leave the document as it is.
    """
    is_refused = false() if rules.allow_replaced else revision_counters.c.replaced_by.is_not(None)
    is_same: ColumnElement[bool] = configs.c.content == staged.c.content
    if rules.ignore_line_ends:
        is_same = or_(is_same, _bare(configs.c.content) == _bare(staged.c.content))
    was_replaced_since = and_(
        revision_counters.c.replaced_by.is_not(None),
        revision_counters.c.last_revision > staged.c.if_revision,
    )
    outcome = case(
        (IS_STALE, Outcome.STALE.value),
        (and_(_IS_RESTORATION, configs.c.id.is_not(None)), Outcome.IN_USE.value),
        (and_(_IS_RESTORATION, was_replaced_since), Outcome.REPLACED.value),
        (_IS_RESTORATION, Outcome.RESTORED.value),
        (_IS_DELETION, Outcome.DELETED.value),
        (and_(configs.c.id.is_(None), is_refused), Outcome.REPLACED.value),
        (configs.c.id.is_(None), Outcome.NEW.value),
        (configs.c.content.is_(None), Outcome.CHANGED.value),
        (is_same, Outcome.SAME.value),
        else_=OUTCOME_OF_CONFLICT[rules.on_conflict].value,
    )
    compared = (
        select(
            staged.c.seq,
            staged.c.mac_address,
            outcome.label("outcome"),
            configs.c.revision,
            func.coalesce(staged.c.config_id, configs.c.id).label("config_id"),
            case((_IS_RESTORATION, _DELETED_AT), else_=configs.c.updated_at).label("last_change_at"),
            revision_counters.c.replaced_by,
            _next(revision_counters.c.last_revision).label("next_revision"),
            _document_number(is_composed=is_composed).label("document_number"),
            _is_announced(is_composed=is_composed).label("is_announced"),
        )
        .select_from(_present(is_composed=is_composed))
        .subquery()
    )
    takes_revision = compared.c.outcome.in_([outcome.value for outcome in TAKING_REVISION])
    return insert(planned).from_select(
        [
            "seq",
            "mac_address",
            "outcome",
            "revision",
            "document_number",
            "is_announced",
            "config_id",
            "last_change_at",
            "replaced_by",
        ],
        select(
            compared.c.seq,
            compared.c.mac_address,
            compared.c.outcome,
            case((takes_revision, compared.c.next_revision), else_=compared.c.revision),
            compared.c.document_number,
            compared.c.is_announced,
            compared.c.config_id,
            compared.c.last_change_at,
            case((compared.c.outcome == Outcome.REPLACED.value, compared.c.replaced_by)),
        ),
    )
