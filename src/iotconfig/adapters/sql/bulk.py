"""Many changes at once: temporary tables of entries, the outcome of each, and relations that `changes.py` records."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Index,
    MetaData,
    String,
    Table,
    Text,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from iotconfig.domain.configs.bulk import OUTCOME_OF_CONFLICT, OnConflict, Outcome
from iotconfig.domain.configs.revisions import Operation

from .change_log import log
from .change_row import WRITE
from .changes import add, advance, announcements, append, replace
from .content_columns import CONTENT, DERIVED
from .documents import Columns, add_documents, replace_documents
from .tables import MacText, configs, revision_counters

temporary: Final = MetaData()

staged: Final = Table(
    "staged_configs",
    temporary,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("place", Text, nullable=False),
    Column("if_revision", BigInteger),
    Column("mac_address", MacText, nullable=False),
    Column("content", Text, nullable=False),
    Column("etag", String(80), nullable=False),
    Column("device_name", String(255)),
    Column("device_entity_id", String(255)),
    Column("enable_ota", Boolean),
    Column("search_text", Text, nullable=False),
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
    Column("config_id", BigInteger),
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

_IS_CHANGED: Final = planned.c.outcome == Outcome.CHANGED.value
_IS_NEW: Final = planned.c.outcome == Outcome.NEW.value
_IS_STORED: Final = or_(_IS_NEW, _IS_CHANGED)
PLANNED_ENTRIES: Final = staged.join(planned, planned.c.seq == staged.c.seq)

# A counter of 1 without a config: the lock has just inserted the device.
_FIRST: Final = 1
_IS_REGISTERED_HERE: Final = and_(revision_counters.c.last_revision == _FIRST, configs.c.id.is_(None))


def _next(last: ColumnElement[int]) -> ColumnElement[int]:
    """The number after the last one of a counter."""
    return func.coalesce(case((_IS_REGISTERED_HERE, _FIRST), else_=last + 1), _FIRST)


def _lock() -> dict[str, Any]:
    """One statement registers the devices that are new, and locks the others, in the order of their addresses."""
    # An entry for a config that was deleted inserts no counter.
    is_known = exists().where(revision_counters.c.mac_address == staged.c.mac_address)
    addresses = (
        select(staged.c.mac_address, literal(_FIRST), literal(_FIRST))
        .where(or_(staged.c.if_revision.is_(None), is_known))
        .order_by(staged.c.mac_address)
    )
    return {
        name: dialect.insert(revision_counters)
        .from_select(["mac_address", "last_revision", "last_document_number"], addresses)
        .on_conflict_do_update(
            index_elements=[revision_counters.c.mac_address],
            set_={"last_revision": revision_counters.c.last_revision},
        )
        for name, dialect in (("postgresql", postgresql), ("sqlite", sqlite))
    }


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


LOCK: Final = _lock()
FIND_DUPLICATES: Final = _find_duplicates()
DISCARD_DUPLICATES: Final = delete(staged).where(staged.c.seq.in_(select(duplicates.c.seq)))

IS_STALE: Final = and_(
    staged.c.if_revision.is_not(None),
    or_(configs.c.id.is_(None), configs.c.revision != staged.c.if_revision),
)
UNREGISTER: Final = delete(revision_counters).where(
    revision_counters.c.last_revision == _FIRST,
    revision_counters.c.mac_address.in_(select(staged.c.mac_address)),
    ~exists().where(configs.c.mac_address == revision_counters.c.mac_address),
)
"""Removes the counters that `LOCK` inserted, where nothing is stored."""


def plan(on_conflict: OnConflict) -> Any:
    """Determine the outcome of each entry from the present rows."""
    outcome = case(
        (IS_STALE, Outcome.STALE.value),
        (configs.c.id.is_(None), Outcome.NEW.value),
        (configs.c.content == staged.c.content, Outcome.SAME.value),
        else_=OUTCOME_OF_CONFLICT[on_conflict].value,
    )
    compared = (
        select(
            staged.c.seq,
            staged.c.mac_address,
            outcome.label("outcome"),
            configs.c.revision,
            configs.c.id,
            _next(revision_counters.c.last_revision).label("next_revision"),
            _next(revision_counters.c.last_document_number).label("document_number"),
        )
        .select_from(
            staged.outerjoin(configs, configs.c.mac_address == staged.c.mac_address).outerjoin(
                revision_counters, revision_counters.c.mac_address == staged.c.mac_address
            )
        )
        .subquery()
    )
    takes_revision = compared.c.outcome.in_([Outcome.NEW.value, Outcome.CHANGED.value])
    return insert(planned).from_select(
        ["seq", "mac_address", "outcome", "revision", "document_number", "config_id"],
        select(
            compared.c.seq,
            compared.c.mac_address,
            compared.c.outcome,
            case((takes_revision, compared.c.next_revision), else_=compared.c.revision),
            compared.c.document_number,
            compared.c.id,
        ),
    )


def _served() -> list[ColumnElement[Any]]:
    """The documents of the entries: each is the content."""
    served: dict[str, ColumnElement[Any]] = {
        **{name: staged.c[name] for name in ("etag", *DERIVED, "search_text")},
        "body": staged.c.content,
        "number": planned.c.document_number,
    }
    return [column.label(f"document_{name}") for name, column in served.items()]


def _rows(condition: ColumnElement[bool]) -> Columns:
    """The entries that a condition selects, for statements that store configs and documents."""
    rows = (
        select(
            planned.c.config_id,
            planned.c.mac_address,
            planned.c.revision,
            *(staged.c[name] for name in CONTENT),
            *_served(),
            WRITE["now"].label("created_at"),
            WRITE["now"].label("updated_at"),
        )
        .select_from(PLANNED_ENTRIES)
        .where(condition)
    )
    return dict(rows.subquery().c.items())


def _stored_rows() -> Columns:
    """The configs that were stored, for `changes.append` and `changes.announcements`."""
    rows = (
        select(
            configs.c.id.label("config_id"),
            configs.c.mac_address,
            configs.c.revision,
            case((_IS_NEW, Operation.CREATE.value), else_=Operation.UPDATE.value).label("operation"),
            *(staged.c[name] for name in (*CONTENT, *DERIVED)),
            *_served(),
            configs.c.updated_at,
        )
        .select_from(PLANNED_ENTRIES.join(configs, configs.c.mac_address == planned.c.mac_address))
        .where(_IS_STORED)
    )
    return dict(rows.subquery().c.items())


_COUNTED: Final = dict(
    select(planned.c.mac_address, planned.c.revision, planned.c.document_number)
    .where(_IS_STORED)
    .subquery()
    .c.items()
)
_NEW: Final = {name: column for name, column in _rows(_IS_NEW).items() if name != "config_id"}
_CHANGED: Final = _rows(_IS_CHANGED)
_STORED: Final = _stored_rows()

_STORE: Final = (
    advance(_COUNTED),
    add(_NEW),
    replace(_CHANGED),
    add_documents(_NEW),
    replace_documents(_CHANGED),
    append(_STORED),
)
RECORD: Final = {name: (*_STORE, log(name, _STORED, WRITE)) for name in ("postgresql", "sqlite")}
"""The statements that store the planned entries, one after the other; their parameters are `WRITE`."""

# In the order in which the relay locks them.
ANNOUNCEMENTS: Final = announcements(_STORED).order_by(_STORED["mac_address"])
