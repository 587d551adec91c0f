"""The planned entries of a bulk write as relations, and the statements of `changes.py` that store them."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, Text, and_, case, literal_column, or_, select

from iotconfig.domain.configs.bulk import TAKING_REVISION, Outcome
from iotconfig.domain.configs.revisions import Operation
from iotconfig.domain.documents.served import FIRST_RULE

from .bulk import DECIDED_ENTRIES, PLANNED_ENTRIES, composed, planned, staged
from .change_log import log
from .change_row import WRITE
from .changes import add, advance, announcements, append, remove, replace
from .content_columns import CONTENT, DERIVED
from .document_history import follow
from .documents import Columns, add_documents, remove_documents, replace_documents
from .engine.dialects import ByDialect
from .engine.statement_batch import Write
from .tables import configs, revisions

_IS_NEW: Final = planned.c.outcome == Outcome.NEW.value
_IS_CHANGED: Final = planned.c.outcome == Outcome.CHANGED.value
_IS_DELETED: Final = planned.c.outcome == Outcome.DELETED.value
_IS_RESTORED: Final = planned.c.outcome == Outcome.RESTORED.value
_IS_STORED: Final = planned.c.outcome.in_([outcome.value for outcome in TAKING_REVISION])

# Times never decrease, even if the clock was set back.
_UPDATED_AT: Final = case(
    (planned.c.last_change_at > WRITE["now"], planned.c.last_change_at), else_=WRITE["now"]
)
_CREATED_AT: Final = (
    select(revisions.c.created_at)
    .where(revisions.c.config_id == planned.c.config_id)
    .order_by(revisions.c.revision)
    .limit(1)
    .scalar_subquery()
)


def _served() -> list[ColumnElement[Any]]:
    """The documents of the entries: each is the content, where nothing else was composed."""
    own: dict[str, ColumnElement[Any]] = {
        **{name: staged.c[name] for name in ("etag", *DERIVED, "search_text")},
        "body": staged.c.content,
        "layers": literal_column("''", Text),
        "rule": literal_column(str(FIRST_RULE), Integer),
    }
    is_composed = composed.c.etag.is_not(None)
    served: dict[str, ColumnElement[Any]] = {
        **{name: case((is_composed, composed.c[name]), else_=column) for name, column in own.items()},
        "number": planned.c.document_number,
    }
    return [column.label(f"document_{name}") for name, column in served.items()]


def _rows(condition: ColumnElement[bool], created_at: ColumnElement[Any]) -> Columns:
    """The entries that a condition selects, for statements that store configs and documents."""
    rows = (
        select(
            planned.c.config_id,
            planned.c.mac_address,
            planned.c.revision,
            *(staged.c[name] for name in CONTENT),
            *_served(),
            created_at.label("created_at"),
            _UPDATED_AT.label("updated_at"),
        )
        .select_from(DECIDED_ENTRIES)
        .where(condition)
    )
    return dict(rows.subquery().c.items())


def _gone() -> Columns:
    """The entries that are deleted."""
    rows = select(planned.c.config_id, planned.c.mac_address).where(_IS_DELETED)
    return dict(rows.subquery().c.items())


def _stored_rows() -> Columns:
    """The entries that were stored, for `changes.append` and `changes.announcements`. New configs have their ids now."""
    operation = case((_IS_NEW, Operation.CREATE.value), else_=staged.c.operation)
    config_id = case((_IS_NEW, configs.c.id), else_=planned.c.config_id)
    rows = (
        select(
            config_id.label("config_id"),
            planned.c.mac_address,
            planned.c.revision,
            planned.c.is_announced,
            operation.label("operation"),
            *(staged.c[name] for name in (*CONTENT, *DERIVED)),
            *_served(),
            _UPDATED_AT.label("updated_at"),
        )
        .select_from(
            DECIDED_ENTRIES.outerjoin(configs, and_(_IS_NEW, configs.c.mac_address == planned.c.mac_address))
        )
        .where(_IS_STORED)
    )
    return dict(rows.subquery().c.items())


_COUNTED: Final = dict(
    select(planned.c.mac_address, planned.c.revision, planned.c.document_number, staged.c.undoes_creation)
    .select_from(PLANNED_ENTRIES)
    .where(_IS_STORED)
    .subquery()
    .c.items()
)
_NEW: Final = {name: column for name, column in _rows(_IS_NEW, WRITE["now"]).items() if name != "config_id"}
_CHANGED: Final = _rows(_IS_CHANGED, WRITE["now"])
_RESTORED: Final = _rows(_IS_RESTORED, _CREATED_AT)
_ADDED: Final = _rows(or_(_IS_NEW, _IS_RESTORED), WRITE["now"])
_GONE: Final = _gone()
_STORED: Final = _stored_rows()

_STORE: Final = (
    (TAKING_REVISION, advance(_COUNTED)),
    ({Outcome.DELETED}, remove(_GONE)),
    ({Outcome.NEW}, add(_NEW)),
    ({Outcome.RESTORED}, add(_RESTORED)),
    ({Outcome.CHANGED}, replace(_CHANGED)),
    ({Outcome.DELETED}, remove_documents(_GONE["mac_address"])),
    ({Outcome.NEW, Outcome.RESTORED}, add_documents(_ADDED)),
    ({Outcome.CHANGED}, replace_documents(_CHANGED)),
    (TAKING_REVISION, append(_STORED)),
)
_RECORD: Final = ByDialect(
    lambda dialect: (
        *_STORE,
        (TAKING_REVISION, follow(dialect, _STORED, WRITE)),
        (TAKING_REVISION, log(dialect, _STORED, WRITE)),
    )
)


def storing(dialect: str, outcomes: AbstractSet[Outcome]) -> Iterator[Write]:
    """Return the statements that store planned entries with these outcomes, in their order; their parameters are `WRITE`."""
    return (statement for concerned, statement in _RECORD[dialect] if concerned & outcomes)


# In the order in which the relay locks them.
ANNOUNCEMENTS: Final = announcements(_STORED).where(_STORED["is_announced"]).order_by(_STORED["mac_address"])
