"""Many changes at once: the temporary tables, and the handful of statements that store what is in them.

What the statements do to one entry is what `domain/configs/changes.py` does; one suite
holds both to it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    MetaData,
    Select,
    String,
    Table,
    Text,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from iotconfig.domain.announcing.announcement import Kind
from iotconfig.domain.announcing.notifications import AT_ONCE, next_generation
from iotconfig.domain.configs.bulk import OUTCOME_OF_CONFLICT, OnConflict, Outcome
from iotconfig.domain.configs.revisions import ChangeNote, Operation

from .tables import MacText, configs, revision_counters, revisions

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

# Built when it is asked for: nobody asks for each result.
BY_SEQ: Final = Index("ix_planned_configs_seq", planned.c.seq)

_CONTENT: Final = ("content", "etag", "device_name", "device_entity_id", "enable_ota")
_IS_CHANGED: Final = planned.c.outcome == Outcome.CHANGED.value
_IS_NEW: Final = planned.c.outcome == Outcome.NEW.value
_IS_STORED: Final = or_(_IS_NEW, _IS_CHANGED)
PLANNED_ENTRIES: Final = staged.join(planned, planned.c.seq == staged.c.seq)

# A counter that is 1 where there is no config is of a device that the lock has just registered.
_FIRST: Final = 1
_IS_REGISTERED_HERE: Final = and_(revision_counters.c.last_revision == _FIRST, configs.c.id.is_(None))
_NEXT_REVISION: Final = case((_IS_REGISTERED_HERE, _FIRST), else_=revision_counters.c.last_revision + 1)


def _lock() -> dict[str, Any]:
    """One statement registers the devices that are new, and locks the others, in the order of their addresses."""
    # What changes a config that is gone registers no device.
    is_known = exists().where(revision_counters.c.mac_address == staged.c.mac_address)
    addresses = (
        select(staged.c.mac_address, literal(_FIRST))
        .where(or_(staged.c.if_revision.is_(None), is_known))
        .order_by(staged.c.mac_address)
    )
    return {
        name: dialect.insert(revision_counters)
        .from_select(["mac_address", "last_revision"], addresses)
        .on_conflict_do_update(
            index_elements=[revision_counters.c.mac_address],
            set_={"last_revision": revision_counters.c.last_revision},
        )
        for name, dialect in (("postgresql", postgresql), ("sqlite", sqlite))
    }


def _find_duplicates() -> Any:
    """Write down each entry that shares its MAC address, and the place of the first other one.

    One sort finds all of them: to look for the others of each entry takes
    quadratic time where thousands have one address.
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
DISCARD: Final = delete(staged).where(staged.c.mac_address == bindparam("key"))


def plan(on_conflict: OnConflict) -> Any:
    """What becomes of each entry, as the tables are now."""
    outcome = case(
        (
            and_(
                staged.c.if_revision.is_not(None),
                or_(configs.c.id.is_(None), configs.c.revision != staged.c.if_revision),
            ),
            Outcome.STALE.value,
        ),
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
            func.coalesce(_NEXT_REVISION, _FIRST).label("next_revision"),
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
        ["seq", "mac_address", "outcome", "revision"],
        select(
            compared.c.seq,
            compared.c.mac_address,
            compared.c.outcome,
            case((takes_revision, compared.c.next_revision), else_=compared.c.revision),
        ),
    )


def advance() -> Any:
    """Set the counters of the devices whose configs are stored."""
    return (
        update(revision_counters)
        .where(
            revision_counters.c.mac_address == planned.c.mac_address,
            _IS_STORED,
            revision_counters.c.last_revision != planned.c.revision,
        )
        .values(last_revision=planned.c.revision, replaced_by=null())
    )


def add_configs(now: datetime) -> Any:
    """Store the configs that are new."""
    moment = literal(now, configs.c.created_at.type)
    new = (
        select(
            staged.c.mac_address,
            *(staged.c[name] for name in _CONTENT),
            staged.c.search_text,
            planned.c.revision,
            moment,
            moment,
        )
        .select_from(PLANNED_ENTRIES)
        .where(_IS_NEW)
    )
    names = ["mac_address", *_CONTENT, "search_text", "revision", "created_at", "updated_at"]
    return insert(configs).from_select(names, new)


def replace_configs(now: datetime) -> Any:
    """Store the configs that change."""
    moment = literal(now, configs.c.updated_at.type)
    return (
        update(configs)
        .where(configs.c.mac_address == staged.c.mac_address, planned.c.seq == staged.c.seq, _IS_CHANGED)
        .values(
            {
                **{name: staged.c[name] for name in _CONTENT},
                "search_text": staged.c.search_text,
                "revision": planned.c.revision,
                "updated_at": case((configs.c.updated_at > moment, configs.c.updated_at), else_=moment),
            }
        )
    )


def append_revisions(note: ChangeNote) -> Any:
    """Write what was stored into the history."""
    operation = case((_IS_NEW, Operation.CREATE.value), else_=Operation.UPDATE.value)
    stored = (
        select(
            configs.c.id,
            configs.c.mac_address,
            configs.c.revision,
            operation,
            *(configs.c[name] for name in _CONTENT),
            literal(note.author),
            literal(note.message, Text),
            configs.c.updated_at,
        )
        .select_from(planned.join(configs, configs.c.mac_address == planned.c.mac_address))
        .where(_IS_STORED)
    )
    names = [
        "config_id",
        "mac_address",
        "revision",
        "operation",
        *_CONTENT,
        "author",
        "message",
        "created_at",
    ]
    return insert(revisions).from_select(names, stored)


def announcements(now: datetime) -> Select[Any]:
    """One announcement for each config that was stored, in the order in which the relay locks them."""
    return (
        select(
            literal(Kind.CONFIG.value).label("kind"),
            configs.c.mac_address.label("key"),
            literal(next_generation(now, None), BigInteger).label("generation"),
            literal(True, Boolean).label("nudge"),
            configs.c.revision,
            configs.c.etag,
            configs.c.updated_at,
            literal(now, configs.c.updated_at.type).label("since"),
            literal(AT_ONCE, configs.c.updated_at.type).label("due_at"),
            literal(0).label("refusals"),
            literal(False, Boolean).label("parked"),
        )
        .select_from(planned.join(configs, configs.c.mac_address == planned.c.mac_address))
        .where(_IS_STORED)
        .order_by(planned.c.mac_address)
    )
