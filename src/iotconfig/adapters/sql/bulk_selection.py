"""The selected configs of a bulk write: their addresses are in a temporary table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from attrs import frozen
from sqlalchemy import Column, Select, Table, bindparam, delete, insert, literal, select
from sqlalchemy.schema import CreateTable

from iotconfig.domain.configs.config import Config
from iotconfig.domain.configs.selection import Selection

from .bulk import IS_STALE, staged, temporary
from .configs import CONFIG_COLUMNS, config_of, matching, searched
from .engine.database import Session
from .tables import MacText, config_labels, configs, documents

_PAGE: Final = 100
"""Configs that are read at a time, with their contents."""
_NAMES: Final = 500
"""Names of devices in one statement."""

selected: Final = Table(
    "selected_configs",
    temporary,
    Column("mac_address", MacText, primary_key=True),
    prefixes=["TEMPORARY"],
)

_STALE: Final = (
    select(staged.c.mac_address)
    .distinct()
    .select_from(staged.outerjoin(configs, configs.c.mac_address == staged.c.mac_address))
    .where(IS_STALE)
)
_NAMED: Final = select(documents.c.mac_address).where(
    documents.c.mac_address.not_in(select(selected.c.mac_address))
)
_DISCARD_ENTRIES: Final = delete(staged).where(staged.c.mac_address.in_(select(selected.c.mac_address)))


def _select_page() -> Select[Any]:
    """Each address of a page, with its config, if there still is one.

    The limit is inside and in the text, so that the planner knows how few rows are joined: with a parameter,
    it read all configs for each page.
    """
    page = (
        select(selected.c.mac_address.label("selected"))
        .where(selected.c.mac_address > bindparam("after"))
        .order_by(selected.c.mac_address)
        .limit(literal(_PAGE, literal_execute=True))
        .subquery()
    )
    return (
        select(page.c.selected, *CONFIG_COLUMNS)
        .select_from(
            page.outerjoin(configs, configs.c.mac_address == page.c.selected)
            .outerjoin(documents, documents.c.mac_address == configs.c.mac_address)
            .outerjoin(config_labels, config_labels.c.config_id == configs.c.id)
        )
        .order_by(page.c.selected)
    )


_SELECT_PAGE: Final = _select_page()


@frozen
class BulkSelection:
    """The selection of one bulk write, on its connection."""

    _session: Session

    def select(self, selection: Selection) -> None:
        """Select the candidates."""
        if not selection.has_names:
            addresses = select(documents.c.mac_address).select_from(searched(selection))
            self._replace(matching(addresses, selection, self._session.connection.dialect.name))
            return
        self._clear()
        self._session.fill(selected, [(str(mac_address),) for mac_address in selection.mac_addresses or ()])
        names = selection.device_names or ()
        for start in range(0, len(names), _NAMES):
            found = _NAMED.where(documents.c.device_name.in_(names[start : start + _NAMES]))
            self._insert(found)

    def select_stale(self) -> int:
        """Select the configs of stale entries, and remove these; returns their number."""
        self._replace(_STALE)
        return self._session.connection.execute(_DISCARD_ENTRIES).rowcount

    def pages(self) -> Iterator[Sequence[Config]]:
        """Return the selected configs that exist."""
        after = ""
        while rows := self._session.connection.execute(_SELECT_PAGE, {"after": after}).all():
            yield [config_of(row) for row in rows if row.id is not None]
            after = rows[-1].selected

    def _replace(self, addresses: Select[Any]) -> None:
        self._clear()
        self._insert(addresses)

    def _clear(self) -> None:
        self._session.connection.execute(CreateTable(selected, if_not_exists=True))
        self._session.connection.execute(delete(selected))

    def _insert(self, addresses: Select[Any]) -> None:
        self._session.connection.execute(insert(selected).from_select(["mac_address"], addresses))
