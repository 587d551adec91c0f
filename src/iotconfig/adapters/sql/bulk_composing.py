"""The documents of the entries of a bulk write, where layers reach their devices: a temporary table beside the entries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from attrs import define
from sqlalchemy import (
    BigInteger,
    BindParameter,
    Row,
    Select,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
)

from iotconfig.domain.configs.bulk import BulkRefusal
from iotconfig.domain.configs.composing import Composer, Composers
from iotconfig.domain.configs.query import search_text
from iotconfig.domain.configs.revisions import Operation
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.documents.served import ServedDocument
from iotconfig.domain.errors import IotConfigError
from iotconfig.domain.mac import MacAddress

from .bulk import composed, staged
from .content_columns import content_of, derived_columns
from .documents import layers_text
from .engine.database import Session
from .labels import LABELS, labels_of
from .layers import SqlLayerRepository
from .models import SqlModelRepository
from .secrets import SqlSecretRepository, may_refer
from .tables import config_labels, configs

_PAGE: Final = 200
"""Entries that are read at a time, with their contents."""

_CONFIG_ID: Final = func.coalesce(staged.c.config_id, configs.c.id, 0)
_HAS_DOCUMENT: Final = staged.c.operation != Operation.DELETE.value
_LABEL_NUMBER: Final = func.coalesce(config_labels.c.number, 0)
_UNDECIDED: Final = (
    select(
        staged,
        *LABELS,
        _CONFIG_ID.label("labelled_id"),
        _LABEL_NUMBER.label("label_number"),
    )
    .select_from(
        staged.outerjoin(configs, configs.c.mac_address == staged.c.mac_address)
        .outerjoin(config_labels, config_labels.c.config_id == _CONFIG_ID)
        .outerjoin(composed, composed.c.seq == staged.c.seq)
    )
    .where(
        _HAS_DOCUMENT,
        staged.c.seq > bindparam("after", type_=BigInteger),
        or_(
            composed.c.seq.is_(None),
            composed.c.generation != bindparam("generation", type_=BigInteger),
            composed.c.config_id != _CONFIG_ID,
            composed.c.label_number != _LABEL_NUMBER,
        ),
    )
    .order_by(staged.c.seq)
    .limit(_PAGE)
)
_COMPOSED: Final = select(composed)
_SEQS: Final[BindParameter[Sequence[int]]] = bindparam("seqs", expanding=True)
_FORGET: Final = delete(composed).where(composed.c.seq.in_(_SEQS))
_DISCARD: Final = delete(staged).where(staged.c.seq.in_(_SEQS))


@define
class BulkComposing:
    """Decides the documents of the entries of one bulk write, on its connection."""

    _session: Session
    _composers: Composers
    generation: int = 0
    """The generation of the layers under which they were decided last."""

    def compose(self) -> Iterator[BulkRefusal]:
        """Decide the documents that are not decided under the present layers and tags; `BulkWrite.compose`."""
        layers = SqlLayerRepository(self._session.connection)
        self.generation = layers.generation()
        connection = self._session.connection
        secrets, models = SqlSecretRepository(connection), SqlModelRepository(connection)
        composer = self._composers.of(layers, secrets, models, self.generation)
        # Without layers, secrets and models, what was composed under earlier ones has to be decided again, and what refers
        # to a secret is refused, as is a device without content.
        if not composer and not self._is_any(_COMPOSED) and not self._is_any(self._refused()):
            return
        refused = list[BulkRefusal]()
        after = -1
        while rows := self._undecided(after):
            refused += self._decide(rows, composer)
            after = rows[-1].seq
        self._session.analyze(composed)
        yield from refused

    def is_needed(self) -> bool:
        """Whether there are, or were, layers."""
        return SqlLayerRepository(self._session.connection).generation() > 0

    def _is_any(self, rows: Select[Any]) -> bool:
        return bool(self._session.connection.execute(select(rows.exists())).scalar_one())

    def _refused(self) -> Select[Any]:
        """The entries that are refused without layers and secrets."""
        refers = may_refer(self._session.connection.dialect.name, staged.c.content)
        return select(staged).where(or_(refers, and_(staged.c.content.is_(None), _HAS_DOCUMENT)))

    def _undecided(self, after: int) -> Sequence[Row[Any]]:
        values = {"after": after, "generation": self.generation}
        return self._session.connection.execute(_UNDECIDED, values).all()

    def _decide(self, rows: Sequence[Row[Any]], composer: Composer) -> list[BulkRefusal]:
        """Decide the documents of some entries. Those that break a rule are removed, and returned."""
        connection = self._session.connection
        connection.execute(_FORGET, {"seqs": [row.seq for row in rows]})
        decided, refused = list[tuple[object, ...]](), dict[int, BulkRefusal]()
        for row in rows:
            content = content_of(row)
            try:
                document = composer.document(labels_of(row), content)
            except IotConfigError as error:
                refused[row.seq] = BulkRefusal(row.place, error)
                continue
            decided.append(_row(row, self.generation, content, document))
        self._session.fill(composed, decided)
        if refused:
            connection.execute(_DISCARD, {"seqs": [*refused]})
        return [*refused.values()]


def _row(
    row: Row[Any], generation: int, content: ConfigContent, document: ServedDocument
) -> tuple[object, ...]:
    """The columns of `composed`."""
    key = (row.seq, generation, row.labelled_id, row.label_number)
    served = document.content
    if not document.layers and served.etag == content.etag:
        return (*key, *_OWN)
    return (
        *key,
        served.etag,
        *derived_columns(served).values(),
        search_text(MacAddress(row.mac_address), served.device_name, served.device_entity_id),
        layers_text(document.layers),
        document.rule,
        served.text,
    )


_OWN: Final = (None,) * 8
