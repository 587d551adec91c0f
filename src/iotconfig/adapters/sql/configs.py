"""The domain's repositories over one SQL connection. Statements are built once, here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from attrs import field, frozen
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Select,
    bindparam,
    func,
    or_,
    select,
)

from iotconfig.domain.configs.config import Config, ConfigSummary, ServedFields
from iotconfig.domain.configs.counter import RevisionCounter
from iotconfig.domain.configs.query import ConfigPage, ConfigQuery, fold, mac_fragments
from iotconfig.domain.configs.selection import Selection
from iotconfig.domain.documents.content import NO_CONTENT, ConfigContent
from iotconfig.domain.mac import MacAddress

from .content_columns import content_of
from .documents import OWN
from .engine.dialects import ByDialect, insert_into
from .engine.single_row import fetch_row
from .gate import SeenLayers, behind_gate, pass_gate
from .given_keys import given_keys, is_given
from .labels import LABELS, labels_of, of_model, tagged
from .tables import config_labels, configs, documents, layers_state, revision_counters

# Of the document, not of the content.
_DERIVED: Final = (documents.c.device_name, documents.c.device_entity_id, documents.c.enable_ota)
_SUMMARY: Final = (
    configs.c.id,
    configs.c.mac_address,
    *_DERIVED,
    configs.c.revision,
    documents.c.etag,
    configs.c.created_at,
    configs.c.updated_at,
    configs.c.change,
    *LABELS,
)
_SERVED: Final = configs.join(documents, documents.c.mac_address == configs.c.mac_address)
"""Each config with its document, which it always has."""
_LABELLED: Final = _SERVED.outerjoin(config_labels, config_labels.c.config_id == configs.c.id)

CONFIG_COLUMNS: Final = (
    *configs.c,
    *_DERIVED,
    *LABELS,
    documents.c.etag.label("document_etag"),
    documents.c.layers.label("document_layers"),
    documents.c.number.label("document_number"),
)
_CONFIG: Final = select(*CONFIG_COLUMNS).select_from(_LABELLED)
# A range or a list is given for both: PostgreSQL passes only equality on to the other table of a join, and
# would read all of it.
_ON_BOTH_SIDES: Final = (configs.c.mac_address, documents.c.mac_address)
_GENERATION: Final = select(layers_state.c.generation).scalar_subquery().label("generation")
"""Read with each single config: a writer decides by it which layers reach the device."""
_WITH_GENERATION: Final = _CONFIG.add_columns(_GENERATION)
_BY_ID: Final = _WITH_GENERATION.where(configs.c.id == bindparam("key"))
_BY_MAC: Final = _WITH_GENERATION.where(configs.c.mac_address == bindparam("key"))
_BY_MACS: Final = ByDialect(
    lambda dialect: _CONFIG.where(*(is_given(dialect, column) for column in _ON_BOTH_SIDES)).order_by(
        configs.c.mac_address
    )
)

_COUNTER: Final[tuple[Column[Any], ...]] = (
    revision_counters.c.mac_address,
    revision_counters.c.last_revision,
    revision_counters.c.last_document_number,
)
_OF_MAC: Final = select(*_COUNTER).where(revision_counters.c.mac_address == bindparam("key"))
_OF_OWNER: Final = select(*_COUNTER).where(
    revision_counters.c.mac_address
    == select(configs.c.mac_address).where(configs.c.id == bindparam("key")).scalar_subquery()
)


def _locking(counters: Select[Any]) -> ByDialect[Select[Any]]:
    """Lock the rows of a query. On SQLite, the transaction holds the one write lock."""
    return ByDialect(
        lambda dialect: (
            behind_gate(counters).with_for_update(of=revision_counters)
            if dialect == "postgresql"
            else counters
        )
    )


def _of_all(dialect: str) -> Select[Any]:
    counters = select(*_COUNTER).where(is_given(dialect, revision_counters.c.mac_address))
    return counters.order_by(revision_counters.c.mac_address)


_LOCK_MAC: Final = _locking(_OF_MAC)
_LOCK_OWNER: Final = _locking(_OF_OWNER)
_LOCK_ALL: Final = ByDialect(lambda dialect: _of_all(dialect).with_for_update())
"""SQLite has no locks of rows: SQLAlchemy leaves them out there."""
_REPLACED_BY: Final = select(revision_counters.c.replaced_by).where(
    revision_counters.c.mac_address == bindparam("key"),
    revision_counters.c.last_revision > bindparam("since"),
)
# One statement creates the row, or waits for the transaction that creates it; then the row is locked.
_REGISTER: Final = ByDialect(
    lambda dialect: (
        insert_into(dialect, revision_counters)
        .values(mac_address=bindparam("key"), last_revision=0, last_document_number=0)
        .on_conflict_do_update(
            index_elements=[revision_counters.c.mac_address],
            set_={"last_revision": revision_counters.c.last_revision},
        )
        .returning(*_COUNTER)
    )
)


@frozen
class SqlConfigReader:
    """`ConfigReader` over one connection."""

    _connection: Connection
    _seen: SeenLayers = field(factory=SeenLayers)

    def get(self, config_id: int) -> Config | None:
        return self._one(_BY_ID, config_id)

    def get_by_mac(self, mac_address: MacAddress) -> Config | None:
        return self._one(_BY_MAC, str(mac_address))

    def _one(self, query: Select[Any], key: object) -> Config | None:
        row = fetch_row(self._connection, query, {"key": key})
        if row is None:
            return None
        self._seen.generation = row.generation or 0
        return config_of(row)

    def find(self, query: ConfigQuery) -> ConfigPage:
        # In the order of the index that has those without content: they are few.
        ordered = configs if query.with_content is False else documents
        page = (
            matching(select(*_SUMMARY).select_from(_LABELLED), query, self._connection.dialect.name)
            .order_by(ordered.c.mac_address)
            .limit(query.limit + 1)
        )
        if query.with_content is not None:
            content = configs.c.content
            page = page.where(content.is_not(None) if query.with_content else content.is_(None))
        if query.after is not None:
            page = page.where(*(column > str(query.after) for column in _ON_BOTH_SIDES))
        rows = self._connection.execute(page).all()
        summaries = tuple(_summary_of(row) for row in rows[: query.limit])
        return ConfigPage(
            configs=summaries,
            count=self._count(query) if query.count else None,
            next=summaries[-1].mac_address if len(rows) > query.limit else None,
        )

    def _count(self, query: ConfigQuery) -> int:
        counted = select(func.count()).select_from(searched(query))
        dialect = self._connection.dialect.name
        statement = matching(counted, query, dialect)
        if query.with_content is not None:
            # An index has those few without content. To look at the content of each would read all configs.
            without = matching(select(func.count()).select_from(_SERVED), query, dialect).where(
                configs.c.content.is_(None)
            )
            statement = (
                select(statement.scalar_subquery() - without.scalar_subquery())
                if query.with_content
                else without
            )
        return int(self._connection.execute(statement).scalar_one())

    def load(self, mac_addresses: Sequence[MacAddress]) -> Sequence[Config]:
        dialect = self._connection.dialect.name
        given = given_keys(dialect, [mac_address.canonical for mac_address in mac_addresses])
        return [config_of(row) for row in self._connection.execute(_BY_MACS[dialect], given)]


@frozen
class SqlRevisionCounters:
    """`RevisionCounters` over one connection.

    PostgreSQL locks the device's row; SQLite's one write lock, which the
    transaction holds from its start, serves there.
    """

    _connection: Connection
    _seen: SeenLayers = field(factory=SeenLayers)

    def lock(self, mac_address: MacAddress) -> RevisionCounter:
        row = self._locked(_LOCK_MAC, str(mac_address))
        if row is None:
            pass_gate(self._connection, self._seen)
            register = _REGISTER[self._connection.dialect.name]
            row = self._connection.execute(register, {"key": str(mac_address)}).one()
        return _counter(mac_address, row)

    def lock_all(self, mac_addresses: Sequence[MacAddress]) -> Mapping[MacAddress, RevisionCounter]:
        pass_gate(self._connection, self._seen)
        dialect = self._connection.dialect.name
        by_text = {mac_address.canonical: mac_address for mac_address in mac_addresses}
        rows = self._connection.execute(_LOCK_ALL[dialect], given_keys(dialect, [*by_text]))
        return {by_text[row.mac_address]: _counter(by_text[row.mac_address], row) for row in rows}

    def lock_owner(self, config_id: int) -> RevisionCounter | None:
        row = self._locked(_LOCK_OWNER, config_id)
        return None if row is None else _counter(MacAddress(row.mac_address), row)

    def _locked(self, query: ByDialect[Select[Any]], key: object) -> Any:
        # What was read before is not behind the gate.
        self._seen.generation = None
        return fetch_row(self._connection, query[self._connection.dialect.name], {"key": key})

    def replaced_by(self, mac_address: MacAddress, since: int = 0) -> MacAddress | None:
        values = {"key": str(mac_address), "since": since}
        found = self._connection.execute(_REPLACED_BY, values).scalar_one_or_none()
        return None if found is None else MacAddress(found)


def _counter(mac_address: MacAddress, row: Row[Any]) -> RevisionCounter:
    return RevisionCounter(mac_address, row.last_revision, row.last_document_number)


def searched(query: ConfigQuery | Selection) -> FromClause:
    """The tables of a statement that `matching` restricts: configs are joined only where tags or a model are asked for."""
    by_model = isinstance(query, ConfigQuery) and query.model is not None
    return _SERVED if query.tags or by_model else documents


def matching(statement: Select[Any], query: ConfigQuery | Selection, dialect: str) -> Select[Any]:
    """Restrict a statement over `searched` to those with the text, the `enable_ota` and the tags of `query`."""
    if query.text is not None:
        statement = statement.where(_has_text(query.text, dialect))
    if query.enable_ota is not None:
        statement = statement.where(documents.c.enable_ota.is_(query.enable_ota))
    if isinstance(query, ConfigQuery) and query.model is not None:
        statement = statement.where(of_model(query.model))
    return statement.where(*tagged(query.tags))


def _has_text(text: str, dialect: str) -> ColumnElement[bool]:
    sought = fold(text)
    has_it: ColumnElement[bool] = (
        # SQLite's LIKE took 27 times as long if names and search repeat one letter.
        func.instr(documents.c.search_text, sought) > 0
        if dialect == "sqlite"
        else documents.c.search_text.contains(sought, autoescape=True)
    )
    return or_(
        has_it,
        *(documents.c.mac_address.contains(fragment) for fragment in mac_fragments(text)),
    )


def config_of(row: Row[Any]) -> Config:
    """Return the config of a row with `CONFIG_COLUMNS`. The derived fields in the row are those of the document."""
    is_composed = row.document_etag != row.etag
    return Config(
        id=row.id,
        mac_address=MacAddress(row.mac_address),
        content=_own_content_of(row) if is_composed else content_of(row),
        revision=row.revision,
        created_at=row.created_at,
        updated_at=row.updated_at,
        change=row.change,
        labels=labels_of(row),
        served=_served_of(row) if is_composed else None,
        document_number=row.document_number,
        is_followed=row.document_layers != OWN,
    )


def _own_content_of(row: Row[Any]) -> ConfigContent:
    """The content of a device that is served another document."""
    return NO_CONTENT if row.content is None else ConfigContent.stored(row.content, row.etag)


def _served_of(row: Row[Any]) -> ServedFields:
    return ServedFields(row.document_etag, row.device_name, row.device_entity_id, row.enable_ota)


def _summary_of(row: Row[Any]) -> ConfigSummary:
    labels = labels_of(row)
    return ConfigSummary(
        id=row.id,
        mac_address=MacAddress(row.mac_address),
        device_name=row.device_name,
        device_entity_id=row.device_entity_id,
        enable_ota=row.enable_ota,
        revision=row.revision,
        etag=row.etag,
        created_at=row.created_at,
        updated_at=row.updated_at,
        change=row.change,
        tags=labels.tags,
        note=labels.note,
        model=labels.model,
    )
